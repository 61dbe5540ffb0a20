import { type Backup, keysBeside } from '../../core/catalogue/backups.ts';
import type { Platform } from '../../core/platform.ts';
import { backupOf as recordOf } from './records.ts';

/** Makes the record of a small backup of `app`, good and not proven unless told otherwise. */
export function backupOf(slot: string, change: Partial<Backup> = {}): Backup {
  return recordOf(slot, { database: 'app', size: 10, bytes: 20, tables: 1, rows: 3, seconds: 1, proof: { verdict: 'none' }, ...change });
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
