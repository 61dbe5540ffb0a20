import { type Backup, keysBeside } from '../../core/catalogue/backups.ts';
import { dumpKey, type Kind, manifestKey, runId, scanKey, stemOf } from '../../core/names.ts';
import type { Platform } from '../../core/platform.ts';

/** The record of a backup of that slot, good and not proven unless told otherwise. */
export function backupOf(slot: string, { database = 'app', kind = 'scheduled' as Kind, ...special }: Partial<Omit<Backup, 'slot'>> = {}): Backup {
  const instant = new Date(slot);
  const stem = stemOf(database, instant, kind);
  return {
    id: runId(database, instant, kind),
    database,
    engine: 'sqlite',
    kind,
    slot: instant.toISOString(),
    startedAt: instant.toISOString(),
    publishedAt: instant.toISOString(),
    status: 'published',
    manifest: manifestKey(stem),
    objects: { dump: dumpKey(stem, 1, 'sqlite3', 'zstd'), scan: scanKey(stem, 1), proofs: [] },
    size: 10,
    bytes: 20,
    tables: 1,
    rows: 3,
    seconds: 1,
    proof: { verdict: 'none' },
    ...special,
  };
}

/** Puts a backup that is only a record and small objects into a platform; what they hold does not matter to rotation. */
export async function putBackup({ catalogue, vault }: Pick<Platform, 'catalogue' | 'vault'>, backup: Backup): Promise<Backup> {
  for (const key of [...keysBeside(backup), backup.manifest]) await vault.create(key, zeros(backup.size));
  await catalogue.backups.add(backup);
  return backup;
}

async function* zeros(size: number): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(size);
}
