import { readdirSync } from 'node:fs';
import { type Database, parseConfig } from '../../core/config/config.ts';
import type { Scan } from '../../core/documents/scan.ts';
import type { Work } from '../../core/engines/engine.ts';
import { sqliteEngine } from '../../core/engines/sqlite/engine.ts';
import type { Tools } from '../../core/programs/tools.ts';
import { LocalTools } from '../../local/tools.ts';
import { temporaryFolder } from './folder.ts';
import { TestLog } from './log.ts';

/**
 * Makes an engine's work for a test: a scratch folder of its own, and a signal that never fires unless one is given.
 */
export function testWork({
  signal = new AbortController().signal,
  progress = () => undefined,
  warn = () => undefined,
}: Partial<Pick<Work, 'signal' | 'progress' | 'warn'>> = {}): Work {
  return { scratch: temporaryFolder(), signal, progress, warn, tools: new LocalTools(new TestLog()), reveal: async (secret) => String(secret) };
}

/** Returns the same work with other programs for some of its own. */
export function withTools({ tools, ...work }: Work, others: Partial<Tools>): Work {
  const own: Tools = {
    client: tools.client.bind(tools),
    server: tools.server.bind(tools),
    older: tools.older.bind(tools),
    serverVersion: tools.serverVersion.bind(tools),
    templates: tools.templates,
  };
  return { ...work, tools: { ...own, ...others } };
}

/** Makes the configuration of a SQLite source, every default filled in. */
export function sqliteSource(file: string): Database {
  const { main } = parseConfig({ databases: { main: { engine: 'sqlite', file } } }, 'the test').databases;
  if (!main) throw new Error('no database is configured');
  return main;
}

/** Dumps a file to the end and returns its bytes and its scan. */
export async function dumpOf(file: string, work: Work = testWork()): Promise<{ bytes: Buffer; scan: Scan }> {
  await using dumping = await sqliteEngine.dump(sqliteSource(file), work);
  const chunks: Uint8Array[] = [];
  for await (const chunk of dumping.bytes) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), scan: dumping.scan() };
}

/** Makes a stream of one chunk. */
export async function* piece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Lists the names in the scratch folder. */
export function leftIn({ scratch }: Pick<Work, 'scratch'>): string[] {
  return readdirSync(scratch);
}
