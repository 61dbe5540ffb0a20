import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Scan } from '../../core/documents/scan.ts';
import { restore } from '../../core/engines/postgres/restore.ts';
import { LocalTools } from '../../local/tools.ts';
import { TestLog } from './log.ts';

const [file = '', size = '0', into = ''] = process.argv.slice(2);
const scan: Scan = {
  format: 'sauvegarde-scan',
  version: 1,
  engine: 'postgres',
  product: { name: 'PostgreSQL', version: '18' },
  size: 0,
  tables: [],
  sequences: [],
  warnings: [],
  objects: {},
};

/** Half of a dump; then this process is gone without a word. */
async function* half(): AsyncGenerator<Uint8Array> {
  yield readFileSync(file).subarray(0, Number(size));
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 400);
  await new Promise(() => undefined);
}

await restore(
  half(),
  scan,
  { into, force: false, now: new Date() },
  {
    scratch: tmpdir(),
    signal: new AbortController().signal,
    progress: () => undefined,
    warn: () => undefined,
    tools: new LocalTools(new TestLog()),
    reveal: async (secret) => String(secret),
  },
);
