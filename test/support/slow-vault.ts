/**
 * `node slow-vault.ts URL FOLDER`: dumps a database, uncompressed, into a vault that is slow for the first blocks.
 * Writes the peak of its memory before and after, in MiB, and the stored size.
 */

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { store } from '../../core/bytes/stored.ts';
import { dump } from '../../core/engines/postgres/dump/dump.ts';
import { FolderVault } from '../../core/vault/folder.ts';
import { LocalTools } from '../../local/tools.ts';
import { testConfig } from './config.ts';
import { TestLog } from './log.ts';

class SlowVault extends FolderVault {
  override create(key: string, bytes: AsyncIterable<Uint8Array>) {
    return super.create(key, slowly(bytes));
  }
}

/** Delays the first blocks long enough for pg_dump to write everything, if nobody made it wait. */
async function* slowly(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let blocks = 0;
  for await (const block of bytes) {
    if (blocks++ < 20) await setTimeout(300);
    yield block;
  }
}

function peakMemory(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

const [url = '', folder = ''] = process.argv.slice(2);
const tools = new LocalTools(new TestLog());
const signal = new AbortController().signal;
const { main } = testConfig({ databases: { main: { engine: 'postgres', connection: { url } } } }).databases;
if (main?.engine !== 'postgres') throw new Error('no database is configured');
const work = { scratch: folder, signal, progress: () => undefined, warn: () => undefined, tools, reveal: async (secret: unknown) => String(secret) };
await using dumping = await dump(main, work);
const before = peakMemory();
const { size } = await store(new SlowVault(folder, 'writer'), 'main/dump', dumping.bytes, 'none');
process.stdout.write(JSON.stringify({ before, after: peakMemory(), size }));
