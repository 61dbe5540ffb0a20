import { storeDocument } from '../../bytes/stored.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { type HoldOrder, readHold, writeHold } from '../../documents/hold.ts';
import { DocumentInvalidError, ObjectExistsError } from '../../errors.ts';
import { holdKey, holdNumber, stemOfManifestKey } from '../../names.ts';
import type { Log, With } from '../../platform.ts';
import type { Vault } from '../../vault/vault.ts';

/**
 * Writes an order beside a backup's manifest, create-only, under the next free number, so that a lost catalogue loses
 * no hold. Returns its key.
 */
export async function noteHold({ vault }: { vault: Vault }, backup: Backup, order: Pick<HoldOrder, 'state' | 'by' | 'at' | 'reason'>): Promise<string> {
  const document = writeHold({ format: 'sauvegarde-hold', version: 1, backup: backup.id, ...order });
  for (let number = Math.max(0, ...(backup.objects.holds ?? []).map(holdNumber)) + 1; ; number++) {
    const key = holdKey(stemOfManifestKey(backup.manifest), number);
    try {
      await storeDocument(vault, key, document);
      return key;
    } catch (error) {
      if (!(error instanceof ObjectExistsError)) throw error;
    }
  }
}

/** Adds the key of an order to a record. */
export function withHoldKey(record: Backup, key: string): Backup {
  return { ...record, objects: { ...record.objects, holds: [...(record.objects.holds ?? []), key] } };
}

/**
 * Reads from the orders beside a manifest, oldest first, who holds the backup; undefined if nobody does. A newest order
 * that cannot be read counts as a hold: it keeps what may be dear to somebody.
 */
export async function holdAmong({ vault, log }: { vault: Vault; log: Log }, keys: readonly string[]): Promise<Backup['hold']> {
  const newest = keys.at(-1);
  if (newest === undefined) return undefined;
  try {
    const { state, by, at: since, reason } = await readHold(vault, newest);
    return state === 'held' ? { by, since, reason } : undefined;
  } catch (error) {
    if (!(error instanceof DocumentInvalidError)) throw error;
    log.error(error.message);
    return { by: 'rebuild', since: new Date(0).toISOString(), reason: `${newest} cannot be understood, and may be a hold` };
  }
}

/** Writes into the vault the holds that the catalogue alone knows: those from before holds lay in the vault. */
export async function writeMissingHolds(platform: With<'vault' | 'catalogue'>, backups: readonly Backup[]): Promise<void> {
  for (const backup of backups) {
    const { hold, objects, status } = backup;
    if (!hold || status !== 'published' || (objects.holds ?? []).length > 0) continue;
    const key = await noteHold(platform, backup, { state: 'held', by: hold.by, at: hold.since, reason: hold.reason });
    await platform.catalogue.backups.change(backup.id, (record) => withHoldKey(record, key));
  }
}
