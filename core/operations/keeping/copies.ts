import { readVerified, storeDocument } from '../../bytes/stored.ts';
import { type Backup, isGood, keysBeside } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import type { KeepPolicy } from '../../config/config.ts';
import { databaseOf } from '../../config/database-of.ts';
import { type Manifest, readManifest, writeManifest } from '../../documents/manifest.ts';
import { shortened } from '../../documents/shortened.ts';
import type { StoredObject } from '../../documents/stored-object.ts';
import { DocumentInvalidError, ObjectExistsError, ObjectMissingError, reasonOf, StorageRefusedError } from '../../errors.ts';
import { isManifestKey, ownersPrefix } from '../../names.ts';
import type { With } from '../../platform.ts';
import { planRetention } from '../../policy/retention.ts';
import type { Listed, Vault } from '../../vault/vault.ts';
import { beginVault } from './begin-vault.ts';
import { endIncident, openIncident } from './incident.ts';
import { backupOfManifest } from './manifest-record.ts';

/** A vault from which damaged objects go for good: the first vault has the true ones. */
export interface CopyVault extends Vault {
  /** Removes an object: for good, unless the place keeps versions. */
  discard(key: string): Promise<void>;
}

/** Another vault that holds the same backups. */
export interface Copy {
  /** Name of the place, for people. */
  place: string;
  vault: CopyVault;
  /** Policy of its own; undefined for the database's. */
  keep: KeepPolicy | undefined;
  /** True if this machine has written into it before, as far as its state folder knows. */
  isKnown(): boolean;
  /** Notes that this machine writes into it. Idempotent. */
  note(): void;
}

/** State of a copy for one database. */
export interface CopyState {
  place: string;
  /** Number of backups in the copy. */
  held: number;
  /** Slot of the newest of them. */
  newest?: string;
  /** Backups that the copy should hold and lacks, oldest first. */
  behind: string[];
  /** Backups that were copied just now, and those that were retired in the copy. */
  copied: string[];
  retired: string[];
  /** Reason why the copy is behind. */
  error?: { name: string; message: string };
}

type CopiesPlatform = With<'vault' | 'catalogue' | 'mailer' | 'notifier'> & { copies: readonly Copy[] };

const dayMs = 86_400_000;

/**
 * Brings every copy of a database's backups up to date, and retires there what its policy no longer keeps. A copy is
 * read back and compared before its manifest is written, which makes it a backup there. Idempotent. A copy that stays
 * behind opens an incident and does not throw; the others go on. A dry run only reports.
 */
export async function updateCopies(platform: CopiesPlatform, database: string, signal: AbortSignal, { dryRun = false } = {}): Promise<CopyState[]> {
  const states: CopyState[] = [];
  for (const copy of platform.copies) {
    const state: CopyState = { place: copy.place, held: 0, behind: [], copied: [], retired: [] };
    states.push(state);
    try {
      await update(platform, copy, database, state, { dryRun, signal });
    } catch (error) {
      signal.throwIfAborted();
      const { name, message } = reasonOf(error);
      state.error = { name, message };
    }
  }
  if (!dryRun) await report(platform, database, states);
  return states;
}

async function update(
  platform: CopiesPlatform,
  copy: Copy,
  database: string,
  state: CopyState,
  { dryRun, signal }: { dryRun: boolean; signal: AbortSignal },
): Promise<void> {
  const { catalogue, clock, config, log } = platform;
  const policy = copy.keep ?? databaseOf(platform, database).keep;
  const plan = (backups: Backup[]) => planRetention(backups, policy, config.timeZone, clock.now());
  const known = new Map((await all((page) => catalogue.backups.list({ database, ...page }))).map((backup) => [backup.id, backup]));
  const here = [...known.values()].filter((backup) => backup.status === 'published' && isGood(backup));
  const invalid: unknown[] = [];
  const look = async (mends: boolean) => {
    invalid.length = 0;
    const found = await backupsIn(platform, copy.vault, database, mends, invalid);
    // a hold is the catalogue's, and holds everywhere
    return found.map((backup): Backup => ({ ...backup, hold: known.get(backup.id)?.hold }));
  };
  let there = await look(!dryRun);
  const note = () => {
    const held = new Set(there.map(({ id }) => id));
    const wanted = new Set(plan([...there, ...here.filter(({ id }) => !held.has(id))]).flatMap(({ backup, keep }) => (keep ? [backup.id] : [])));
    const lacking = here.filter(({ id }) => wanted.has(id) && !held.has(id)).toSorted((one, other) => one.slot.localeCompare(other.slot));
    const newest = there.map(({ slot }) => slot).sort();
    Object.assign(state, { held: held.size, behind: lacking.map(({ id }) => id), ...(newest.length > 0 && { newest: newest.at(-1) }) });
    return lacking;
  };
  const lacking = note();
  if (dryRun) return;
  await claim(platform, copy);
  const heldThere = new Set(there.flatMap(({ objects }) => objects.holds ?? []));
  const orders = there.flatMap(({ id }) => known.get(id)?.objects.holds ?? []);
  await copyHolds(
    platform.vault,
    copy.vault,
    orders.filter((key) => !heldThere.has(key)),
  );
  const failures: unknown[] = [];
  for (const backup of lacking) {
    signal.throwIfAborted();
    try {
      const progress = (bytes: number, total: number) => log.progress({ run: backup.id, step: 'copy', bytes, total });
      await copyBackup(platform.vault, copy.vault, backup, { progress, signal });
      state.copied.push(backup.id);
      log.info(`${backup.id}: copied to ${copy.place}, and read back there`, { backup: backup.id });
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error); // one that is damaged here keeps the others from nothing
    }
  }
  there = await look(true);
  note();
  const [failure] = [...failures, ...invalid];
  if (failure) throw failure;
  for (const { backup, keep } of plan(there)) {
    if (keep) continue;
    await retireIn(copy.vault, backup);
    state.retired.push(backup.id);
  }
  state.held -= state.retired.length;
  await copy.vault.clean({ retired: new Date(clock.now().getTime() - config.graceDays * dayMs), unfinished: new Date(clock.now().getTime() - dayMs) });
}

/**
 * Makes the copy this machine's. Throws StorageRefusedError for one that is empty and was not: a folder whose disk is
 * not mounted looks so, and what was copied there would be lost.
 */
async function claim(platform: CopiesPlatform, copy: Copy): Promise<void> {
  if (copy.isKnown() && (await copy.vault.list(ownersPrefix)).length === 0)
    throw new StorageRefusedError(
      `the copy in ${copy.place} is empty, and was not before: is its disk mounted? If it shall begin again: sauvegarde copy --begin-again`,
    );
  await beginVault({ ...platform, vault: copy.vault }, copy.place);
  copy.note();
}

/** Copies orders to hold and to release, as far as the vault still has them. */
async function copyHolds(from: Vault, to: Vault, keys: readonly string[]): Promise<void> {
  for (const key of keys) if ((await from.list(key)).length > 0) await unlessThere(to, key, async () => to.create(key, (await from.read(key)).bytes));
}

/** Copies a backup's objects, reads each back, and writes the manifest last. */
async function copyBackup(from: Vault, to: CopyVault, backup: Backup, watching: Watching): Promise<void> {
  const manifest = await readManifest(from, backup.manifest);
  for (const object of [manifest.dump, manifest.scan]) await copyObject(from, to, object, watching);
  const proof = manifest.proof.key;
  if (proof !== undefined) await unlessThere(to, proof, async () => to.create(proof, (await from.read(proof)).bytes));
  await copyHolds(from, to, backup.objects.holds ?? []);
  await unlessThere(to, backup.manifest, () => storeDocument(to, backup.manifest, writeManifest(manifest)));
}

/** Copies an object, verified on its way and in the copy. One that an earlier attempt has left is verified alone. */
async function copyObject(from: Vault, to: CopyVault, object: StoredObject, { progress, signal }: Watching): Promise<void> {
  const passing = (bytes: AsyncIterable<Uint8Array>) => watched(bytes, object.size, { progress, signal });
  await unlessThere(to, object.key, () => to.create(object.key, passing(readVerified(from, object))));
  try {
    for await (const _ of passing(readVerified(to, object)));
  } catch (error) {
    signal.throwIfAborted();
    await to.discard(object.key); // so that the next attempt finds the key free
    throw error;
  }
}

/** Listener and signal of a copy. */
interface Watching {
  progress(bytes: number, total: number): void;
  signal: AbortSignal;
}

async function* watched(bytes: AsyncIterable<Uint8Array>, total: number, { progress, signal }: Watching): AsyncGenerator<Uint8Array> {
  let passed = 0;
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    passed += chunk.byteLength;
    progress(passed, total);
    yield chunk;
  }
}

/**
 * Reads which whole backups a vault holds, from its own manifests: the catalogue knows the first vault alone. `mends`:
 * the rest of one that has lost something is removed, so that it is copied again. Adds to `invalid` the errors of
 * manifests that cannot be understood, which stay: a newer version may have written them.
 */
async function backupsIn({ log }: With<'catalogue'>, vault: CopyVault, database: string, mends: boolean, invalid: unknown[]): Promise<Backup[]> {
  const objects = await vault.list(`${database}/`);
  const found: Backup[] = [];
  for (const { key } of objects.filter((object) => isManifestKey(object.key))) {
    try {
      const manifest = await readManifest(vault, key);
      if (isWhole(manifest, objects)) found.push(await backupOfManifest({ log, vault }, manifest));
      else if (mends) for (const each of [key, manifest.dump.key, manifest.scan.key]) await vault.discard(each);
    } catch (error) {
      if (!(error instanceof DocumentInvalidError || error instanceof ObjectMissingError)) throw error;
      if (error instanceof DocumentInvalidError) invalid.push(error);
    }
  }
  return found;
}

function isWhole({ dump, scan }: Manifest, objects: Listed[]): boolean {
  const sizes = new Map(objects.map(({ key, size }) => [key, size]));
  return [dump, scan].every(({ key, size }) => sizes.get(key) === size);
}

/** Retires a backup in a copy, the manifest first. */
async function retireIn(vault: Vault, backup: Pick<Backup, 'manifest' | 'objects'>): Promise<void> {
  for (const key of [backup.manifest, ...keysBeside(backup)]) await vault.retire(key);
}

/** Removes a damaged backup from a copy, the manifest first, so that it is copied again. */
export async function discardIn(vault: CopyVault, backup: Pick<Backup, 'manifest' | 'objects'>): Promise<void> {
  for (const key of [backup.manifest, ...keysBeside(backup)]) await vault.discard(key);
}

async function report(platform: CopiesPlatform, database: string, states: CopyState[]): Promise<void> {
  const late = states.filter(({ behind, error }) => behind.length > 0 || error);
  if (late.length === 0) return endIncident(platform, database, 'copy-behind');
  const sentences = late.map(({ place, behind, error }) => {
    const lacking = behind.length > 0 ? ` lacks ${shortened(behind).join(', ')}` : ' could not be brought up to date';
    return `the copy in ${place}${lacking}${error ? `: ${error.message}` : ''}`;
  });
  const subject = late.map(({ place, behind }) => `${place} ${behind.at(-1) ?? platform.clock.now().toISOString().slice(0, 10)}`).join(' ');
  await openIncident(platform, { database, kind: 'copy-behind', subject, error: { name: 'CopyBehindError', message: sentences.join('; ') } });
}

/** Writes an object unless it is there already; one that was retired in the copy comes back. */
async function unlessThere(to: Vault, key: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error;
    const isVisible = (await to.list(key)).some((there) => there.key === key);
    if (!isVisible) await to.bringBack(key);
  }
}
