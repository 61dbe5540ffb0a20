import { storeDocument } from '../../core/bytes/stored.ts';
import { type Manifest, writeManifest } from '../../core/documents/manifest.ts';
import { type Scan, writeScan } from '../../core/documents/scan.ts';
import { runId, scanKey, stemOf } from '../../core/names.ts';
import { recordManifest } from '../../core/operations/keeping/manifest-record.ts';
import { noteStanding } from '../../core/operations/keeping/standing.ts';
import type { TestPlatform } from './platform.ts';
import { runOf } from './records.ts';

/** Publishes a backup of these tables, as a run leaves it. */
export async function published(
  platform: TestPlatform,
  slot: string,
  tables: Record<string, number>,
  { bytes = 5_000_000, database = 'main', passwordEnds = '' } = {},
): Promise<void> {
  const at = new Date(slot);
  const [id, stem] = [runId(database, at, 'scheduled'), stemOf(database, at, 'scheduled')];
  const rows = Object.values(tables).reduce((sum, each) => sum + each, 0);
  const sha256 = '0'.repeat(64);
  const scan: Scan = {
    format: 'sauvegarde-scan',
    version: 1,
    engine: 'sqlite',
    product: { name: 'SQLite', version: '3.50' },
    size: bytes,
    tables: Object.entries(tables).map(([name, count]) => ({ name, rows: count, bytes: count, sha256 })),
    sequences: [],
    warnings: [],
    objects: {},
    ...(passwordEnds !== '' && { passwordEnds }),
  };
  const manifest: Manifest = {
    format: 'sauvegarde-manifest',
    version: 1,
    id,
    database,
    engine: 'sqlite',
    kind: 'scheduled',
    slot: at.toISOString(),
    startedAt: at.toISOString(),
    publishedAt: at.toISOString(),
    seconds: 1,
    requestedBy: 'scheduler',
    compression: 'zstd',
    dump: await storeDocument(platform.vault, `${stem}.sqlite3.zst`, new TextEncoder().encode(id)),
    scan: await storeDocument(platform.vault, scanKey(stem, 1), writeScan(scan)),
    proof: { verdict: 'proven', at: at.toISOString(), seconds: 1 },
    totals: { tables: scan.tables.length, rows, bytes },
    restore: [],
  };
  await storeDocument(platform.vault, `${stem}.manifest.json`, writeManifest(manifest));
  await recordManifest(platform, manifest);
  const run = { ...runOf(slot), id, database, requestedBy: 'scheduler', execution: id };
  await platform.catalogue.runs.open(run, { leaseEnds: at, now: at, again: false });
  await platform.catalogue.runs.end(run, { status: 'succeeded' }, at);
  await noteStanding(platform, database);
}
