import { type Backup, neededKeys } from '../../catalogue/backups.ts';
import { all, itemsOf } from '../../catalogue/page.ts';
import type { Manifest } from '../../documents/manifest.ts';
import { readProof, type Verdict } from '../../documents/proof.ts';
import { readScan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import { KeyMissingError, StorageRefusedError } from '../../errors.ts';
import { counted } from '../../figures.ts';
import { howToRestoreKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Listed } from '../../vault/vault.ts';
import { endIncident, openIncident } from './incident.ts';
import { refuseStranger } from './ownership.ts';
import { compared } from './records.ts';
import { allStandings, noteStanding, standingOf } from './standing.ts';

/**
 * Marks backups that the vault has lost as missing, so that they no longer count, and alerts the administrators; those
 * that are back count again. A published backup needs all its objects, and its dump in full size. Returns the ids of
 * the lost ones. Throws StorageRefusedError for another vault than that of the catalogue.
 */
export async function reportMissing(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, backups: Backup[], objects: Listed[]): Promise<string[]> {
  const whole = wholeIn(objects);
  const missing = missingAmong(backups, objects);
  // an empty mount point has lost nothing; marked as missing, they would no longer show that it is another vault
  if (missing.length > 0) await refuseOtherVault(platform);
  const lost: string[] = [];
  for (const record of missing) {
    if (await isAltered(platform, record, whole)) continue; // watch tells it, and rebuild mends it
    const { id, database } = record;
    const after = await platform.catalogue.backups.change(id, (record) => (record.status === 'published' ? { ...record, status: 'missing' } : undefined));
    if (after?.status !== 'missing') continue;
    lost.push(id);
    await noteStanding(platform, database);
    await openIncident(platform, {
      database,
      kind: 'backup-missing',
      subject: id,
      error: { name: 'ObjectMissingError', message: `the vault has lost ${id}, or part of it` },
    });
  }
  const back = backups.filter((backup) => backup.status === 'missing' && whole(backup));
  for (const { id } of back) await platform.catalogue.backups.change(id, (record) => ({ ...record, status: 'published' }));
  for (const database of new Set(back.map((backup) => backup.database))) {
    await noteStanding(platform, database);
    await endMissingWhenNone(platform, database);
  }
  return lost;
}

/** Returns true if not the backup is wrong but its record: it is there as its manifest says, or was retired. */
async function isAltered(platform: With<'vault' | 'catalogue'>, record: Backup, whole: (backup: Backup) => boolean): Promise<boolean> {
  const truth = (await compared(platform, record))?.truth;
  return truth !== undefined && (!('manifest' in truth) || whole(truth));
}

/** Returns the published backups that these objects do not hold. */
export function missingAmong(backups: Backup[], objects: Listed[]): Backup[] {
  const whole = wholeIn(objects);
  return backups.filter((backup) => backup.status === 'published' && !whole(backup));
}

function wholeIn(objects: Listed[]): (backup: Backup) => boolean {
  const sizes = new Map(objects.map(({ key, size }) => [key, size]));
  return (backup) => [backup.manifest, ...neededKeys(backup)].every((key) => sizes.has(key)) && sizes.get(backup.objects.dump) === backup.size;
}

/** Ends the incident of backups that the vault has lost, once none counts as missing any more. */
export async function endMissingWhenNone(platform: With<'catalogue' | 'mailer' | 'notifier'>, database: string): Promise<void> {
  const missing = (await all((page) => platform.catalogue.backups.list({ database, ...page }))).some(({ status }) => status === 'missing');
  if (!missing) await endIncident(platform, database, 'backup-missing');
}

/** Ends the incident of backups that do not restore, once no published one is refuted. */
export async function endRefutedWhenNone(platform: With<'catalogue' | 'mailer' | 'notifier'>, database: string): Promise<void> {
  const refuted = (await all((page) => platform.catalogue.backups.list({ database, ...page }))).some(
    ({ status, proof }) => status === 'published' && proof.verdict === 'refuted',
  );
  if (!refuted) await endIncident(platform, database, 'backup-refuted');
}

/** Verdict and flaws of a backup, as a proof or its dump told them. */
interface FlawReport {
  id: string;
  database: string;
  proof: { verdict: Verdict };
  /** Flaws, for people. */
  flaws: readonly string[];
}

/**
 * Opens the incident of a flawed backup, or adds to the open one. A backup that was proven without a flaw ends it; one
 * that was not proven says nothing.
 */
export async function reportFlaws(platform: With<'catalogue' | 'mailer' | 'notifier'>, { id, database, proof, flaws }: FlawReport): Promise<void> {
  if (proof.verdict === 'proven' || proof.verdict === 'partial') await endIncident(platform, database, 'backup-flawed');
  if (proof.verdict !== 'flawed') return;
  const message = `${id}: ${shortened([...flaws]).join('; ')}`;
  await openIncident(platform, { database, kind: 'backup-flawed', subject: id, error: { name: 'BackupFlawedError', message } });
}

/** Reads the flaws of a published backup, for people. */
export async function flawsOf({ vault }: With<'vault'>, { proof, scan }: Manifest): Promise<string[]> {
  if (proof.verdict !== 'flawed') return [];
  try {
    const flaws = proof.key === undefined ? (await readScan(vault, scan)).flaws : (await readProof(vault, proof.key)).flaws;
    return (flaws ?? []).map(({ what }) => what);
  } catch (error) {
    if (!(error instanceof KeyMissingError)) throw error;
    return ['its flaws are encrypted; "sauvegarde show" lists them with an identity'];
  }
}

/**
 * Throws StorageRefusedError if the vault is not the one that the catalogue knows, VaultOwnedError if it belongs to
 * another machine. A folder whose disk is not mounted looks like an empty vault, and backups made there would be lost.
 * `first`: a database that probably has backups, for which one read is enough.
 */
export async function refuseOtherVault(platform: With<'catalogue' | 'vault'>, { first }: { first?: string } = {}): Promise<void> {
  if (!(await knowsBackups(platform, first))) return; // publishing looks again
  if ((await platform.vault.list(howToRestoreKey)).length === 0) {
    const known = (await allStandings(platform)).reduce((sum, { published }) => sum + published, 0);
    throw new StorageRefusedError(
      `the vault lacks ${howToRestoreKey}, although the catalogue has ${counted(known, 'backup')} in it: is its disk mounted? If the vault has moved, copy its files there first; if it is lost, begin another: sauvegarde rebuild --begin-again`,
    );
  }
  await refuseStranger(platform);
}

/** Returns true if the catalogue has published backups. */
async function knowsBackups({ catalogue }: With<'catalogue'>, first: string | undefined): Promise<boolean> {
  if (first !== undefined && ((await catalogue.standings.get(first))?.published ?? 0) > 0) return true;
  for await (const { database, standing } of itemsOf((page) => catalogue.standings.list(page), 1))
    if ((standing ?? (await standingOf({ catalogue }, database))).published > 0) return true;
  return false;
}
