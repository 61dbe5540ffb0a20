import { tmpdir } from 'node:os';
import type { Scan } from '../../core/documents/scan.ts';
import { sqliteEngine } from '../../core/engines/sqlite/engine.ts';

/** Begins to restore a few bytes into a file, without a platform, for a user who may write nothing else. */
export async function restoreInto(into: string): Promise<void> {
  const scan: Scan = {
    format: 'sauvegarde-scan',
    version: 1,
    engine: 'sqlite',
    product: { name: 'SQLite', version: '3' },
    size: 5,
    tables: [],
    sequences: [],
    warnings: [],
    objects: {},
  };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('bytes');
  }
  const nothing = () => {
    throw new Error('not needed to restore a file');
  };
  const work = {
    scratch: tmpdir(),
    signal: new AbortController().signal,
    progress: () => undefined,
    warn: () => undefined,
    tools: { client: nothing, server: nothing, older: nothing, serverVersion: nothing },
    reveal: nothing,
  };
  await sqliteEngine.restore(() => bytes(), scan, { into, force: false, now: new Date() }, work);
}
