import { text } from 'node:stream/consumers';
import { compress } from '../../core/bytes/compress.ts';
import { store } from '../../core/bytes/stored.ts';
import { type ConfigInput, parseConfig } from '../../core/config/config.ts';
import { newKey } from '../../core/encryption/age-keys.ts';
import { addressOf } from '../../core/engines/postgres/connect/address.ts';
import { openConnection } from '../../core/engines/postgres/connect/open-connection.ts';
import { fullOffer, withOffer } from '../../core/engines/postgres/connect/session-settings.ts';
import { pgDump } from '../../core/engines/postgres/dump/tool.ts';
import { PostgresScanner } from '../../core/engines/postgres/script/scanner.ts';
import { workFor } from '../../core/operations/backup/work.ts';
import { systemClock } from '../../core/time/clock.ts';
import { openLocalPlatform } from '../../local/open-platform.ts';

/**
 * Parts of the byte path, each of which includes those before it. The dump step itself adds the session (locks,
 * snapshot, inventory) and the scan's file.
 */
export const parts = ['read', 'scanned', 'compressed', 'stored', 'encrypted and stored'] as const;

export interface PartOrder {
  part: (typeof parts)[number];
  folder: string;
  database: ConfigInput['databases'][string];
}

if (import.meta.main) {
  const order = JSON.parse(await text(process.stdin)) as PartOrder;
  const config = parseConfig(
    {
      administrators: ['admin@example.org'],
      databases: { main: order.database },
      ...(order.part === 'encrypted and stored' && { encryption: { recipients: [newKey().recipient] } }),
      local: { vault: 'parts', state: 'state' },
    },
    'the benchmark',
  );
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined, progress: () => undefined };
  using platform = await openLocalPlatform({ config, folder: order.folder }, { clock: systemClock, log });
  const work = workFor(platform, 'part', new AbortController().signal);
  await work.tools.client('pg_dump', work.signal); // built or found before the clock starts
  const database = config.databases.main;
  if (database?.engine !== 'postgres') throw new TypeError("the benchmark of parts is PostgreSQL's");

  const begun = performance.now();
  await using opened = await openConnection(await addressOf(database.connection, work.reveal), work.scratch);
  const read = pgDump(work, withOffer(opened.connection, fullOffer), []);
  const depth = parts.indexOf(order.part);
  const scanned = depth >= 1 ? scan(read) : read;
  if (depth >= 3) await store(platform.vault, `main/part${depth}-${process.pid}`, scanned, 'zstd');
  else for await (const _ of depth >= 2 ? compress(scanned, 'zstd') : scanned);
  console.log(JSON.stringify({ seconds: (performance.now() - begun) / 1000 }));
}

async function* scan(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const scanner = new PostgresScanner();
  for await (const block of blocks) {
    scanner.write(block);
    yield block;
  }
  scanner.end();
}
