import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { store, storeDocument } from '../../core/bytes/stored.ts';
import { writeScan } from '../../core/documents/scan.ts';
import { inspect } from '../../core/engines/sqlite/inspection.ts';
import { open } from '../../core/operations/backup/open.ts';
import type { ProveInput } from '../../core/operations/backup/prove.ts';
import { publish } from '../../core/operations/backup/publish.ts';
import { piece } from './engine-work.ts';
import { temporaryFolder } from './folder.ts';
import { request, type TestPlatform, testPlatform } from './platform.ts';

/** Makes a platform whose source these statements make. */
export async function platformWith(sql: string): Promise<TestPlatform & { source: string }> {
  const folder = temporaryFolder();
  const source = join(folder, 'app.sqlite3');
  {
    using database = new DatabaseSync(source);
    database.exec(sql);
  }
  return Object.assign(await testPlatform({ folder }), { source });
}

/**
 * Stores bytes and the scan of the source as a run would, under the keys of its second attempt; by default the bytes of
 * the source.
 */
export async function stored(
  platform: TestPlatform & { source: string },
  { bytes = readFileSync(platform.source) }: { bytes?: Uint8Array } = {},
): Promise<ProveInput> {
  const stem = 'main/2026/11/backup_20261122_020000Z.2';
  return {
    run: 'main-20261122_020000Z',
    engine: 'sqlite',
    compression: 'zstd',
    dump: await store(platform.vault, `${stem}.sqlite3.zst`, piece(bytes), 'zstd'),
    scan: await storeDocument(platform.vault, `${stem}.scan.json`, writeScan(inspect(platform.source, 'quick').scan)),
  };
}

/** Changes one byte of a file; a negative offset counts from its end. */
export function flip(path: string, offset: number, mask = 0xff): void {
  const bytes = readFileSync(path);
  const at = offset < 0 ? bytes.length + offset : offset;
  bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
  writeFileSync(path, bytes);
}

/** Publishes a dump stored by `stored`, without a proof, and returns its id. */
export async function published(platform: TestPlatform & { source: string }, content: { bytes?: Uint8Array } = {}): Promise<string> {
  const { run } = await open(platform, { ...request('2026-11-22T02:00:00Z'), execution: 'test' });
  const { dump, scan, engine, compression } = await stored(platform, content);
  const { tables, size } = inspect(platform.source, 'quick').scan;
  const totals = { tables: tables.length, rows: tables.reduce((sum, { rows }) => sum + rows, 0), bytes: size };
  const output = { engine, prover: 'prove' as const, compression, dump, scan, totals, startedAt: platform.clock.now().toISOString(), seconds: 0 };
  return (await publish(platform, { run, execution: 'test', dump: output, proof: null })).backup;
}
