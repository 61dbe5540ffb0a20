import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Scan } from '../../core/documents/scan.ts';
import { mysqlEngine } from '../../core/engines/mysql/engine.ts';
import { postgresEngine } from '../../core/engines/postgres/engine.ts';
import { LocalTools } from '../../local/tools.ts';
import { TestLog } from './log.ts';

/** Scan as JSON, if the engine needs one. */
const [file = '', size = '0', into = '', given] = process.argv.slice(2);
const empty: Scan = {
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

/** Yields half of a dump; then this process kills itself. */
async function* half(): AsyncGenerator<Uint8Array> {
  yield readFileSync(file).subarray(0, Number(size));
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 400);
  await new Promise(() => undefined);
}

const scan = given === undefined ? empty : (JSON.parse(given) as Scan);
await (scan.engine === 'mysql' ? mysqlEngine : postgresEngine).restore(
  half,
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
