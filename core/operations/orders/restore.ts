import { existsSync } from 'node:fs';
import { readDump, readVerified } from '../../bytes/stored.ts';
import type { Author } from '../../catalogue/audit.ts';
import { type Backup, flawedProofOf } from '../../catalogue/backups.ts';
import type { Flaw } from '../../documents/flaw.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { readProof } from '../../documents/proof.ts';
import { readScan, type Scan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import { cardOf } from '../../engines/cards.ts';
import type { Restored } from '../../engines/engine.ts';
import { isAddress } from '../../engines/is-address.ts';
import { BackupFlawedError, ConfigurationError, InterruptedError, RefusedError, reasonOf } from '../../errors.ts';
import type { With } from '../../platform.ts';
import type { ReadableVault } from '../../vault/vault.ts';
import { engineOf } from '../backup/engine-of.ts';
import { workFor } from '../backup/work.ts';
import { backUpReplaced, notBackedUp, type Replacing } from './back-up-replaced.ts';
import { published, type StoredBackup } from './published.ts';
import { auditingRefusals } from './refusals.ts';
import { type Choice, isPartial, partOf } from './restore-part.ts';

export interface RestoreInput extends Author, Choice {
  backup: string;
  /** Target: a file, or the address of a database. */
  into: string;
  force: boolean;
  withoutOwners?: boolean;
  withoutPrivileges?: boolean;
  /** Makes the roles that the target lacks first. */
  withRoles?: boolean;
  enableEvents?: boolean;
  /** Leaves out, and tells, statements that do not run. */
  tolerant?: boolean;
  /** Decides whether to restore a flawed backup without these statements. By default it is refused. */
  accept?: (flaws: readonly Flaw[]) => Promise<boolean>;
  /** Makes no backup of what `force` replaces. */
  withoutBackup?: boolean;
  /** Decides whether to replace what could not be backed up first, for this reason. By default it is refused. */
  replaceAnyway?: (reason: string) => Promise<boolean>;
  executionOf?: Replacing['executionOf'];
}

/** Result of a restore, with the backup that was made of what it replaced. */
export type RestoreOutput = Restored & { backup: string; kept?: string };

/**
 * Restores a backup, verifying its bytes as they pass and comparing rows with its scan at the end. The target changes
 * only if all went well. Whatever `force` replaces is backed up first. Throws RefusedError if that cannot be done
 * and nobody accepts it, BackupFlawedError if statements have to be left out and nobody accepts that.
 */
export const restore = auditingRefusals(
  'restore',
  async (
    platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
    { backup, by, claimed, accept, withoutBackup = false, replaceAnyway, executionOf, tables = [], schemas = [], ...target }: RestoreInput,
    signal: AbortSignal,
  ): Promise<RestoreOutput> => {
    const { found, manifest } = await published(platform, backup);
    let kept: string | undefined;
    const beforehand = async () => {
      if (withoutBackup || !target.force) return;
      kept = await keepReplaced(platform, { backup: manifest, into: target.into, by, claimed, executionOf, replaceAnyway }, signal);
    };
    const restored = await restoreStored(
      platform,
      { manifest: found.manifest, proof: flawedProofOf(found), of: found, accept, beforehand, tables, schemas, ...target },
      signal,
    );
    await platform.catalogue.audit.append({
      at: platform.clock.now().toISOString(),
      by,
      claimed,
      action: 'restored',
      subject: found.id,
      detail: restored.into,
    });
    return { backup: found.id, ...restored, ...(kept !== undefined && { kept }) };
  },
);

/** Backs up what the target holds, and returns the id; undefined if that is nothing, or goes unkept by decision. */
async function keepReplaced(
  platform: Parameters<typeof backUpReplaced>[0],
  { replaceAnyway, ...replacing }: Replacing & Pick<RestoreInput, 'replaceAnyway'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { backup, into } = replacing;
  const isFile = cardOf(backup.engine).reach.by === 'file';
  if (isFile === isAddress(into) || (isFile && !existsSync(into))) return undefined; // the engine refuses a wrong kind of target
  try {
    return await backUpReplaced(platform, replacing, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof InterruptedError) throw error;
    const { message } = reasonOf(error);
    if (await replaceAnyway?.(message)) return undefined;
    throw notBackedUp(message, error);
  }
}

/** Lists the flaws of a backup: those that a proof found, without one those that the dump has told. */
export async function knownFlaws({ vault }: { vault: ReadableVault }, proof: string | null, { flaws = [] }: Scan): Promise<readonly Flaw[]> {
  return proof === null ? flaws : (await readProof(vault, proof)).flaws;
}

/**
 * Restores a stored backup, without the catalogue. Throws RefusedError if the manifest is of another backup, database
 * or engine than `of`, and BackupFlawedError as `restore`.
 */
export async function restoreStored(
  platform: With<'vault' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
  {
    manifest: key,
    proof,
    of,
    accept,
    beforehand,
    tables = [],
    schemas = [],
    ...target
  }: StoredBackup & { of: Pick<Backup, 'id' | 'database' | 'engine'> } & Omit<
      RestoreInput,
      'backup' | keyof Author | 'withoutBackup' | 'replaceAnyway' | 'executionOf'
    > & {
      /** Called before the target changes, and after all that can be refused without looking at it. */
      beforehand?: () => Promise<void>;
    },
  signal: AbortSignal,
): Promise<Restored> {
  const manifest = await readManifest(platform.vault, key);
  const { database, engine, id } = manifest;
  if (id !== of.id || database !== of.database || engine !== of.engine)
    throw new RefusedError(
      `${key} is the manifest of ${id}, of the database ${database} (${engine}), not of ${of.id}, ${of.database} (${of.engine}); nothing was changed`,
    );
  const scan = await readScan(platform.vault, manifest.scan);
  const flaws = await knownFlaws(platform, proof, scan);
  const leftOut = flaws.filter(({ comesBack }) => !comesBack);
  if (leftOut.length > 0 && !(await accept?.(leftOut)))
    throw new BackupFlawedError(
      `${id} restores, but without ${leftOut.length === 1 ? 'one part' : `${leftOut.length} parts`}: ${shortened(leftOut.map(({ what }) => what)).join('; ')}. Repeat with --without-flawed to restore the rest`,
    );
  const whole = { open: () => readDump(platform.vault, manifest.dump, manifest.compression), scan };
  const engineHere = engineOf(platform, engine);
  const work = workFor(platform, id, signal);
  const isPart = isPartial({ tables, schemas });
  if (target.withRoles && isPart)
    throw new ConfigurationError('--with-roles is for whole backups: single tables and schemas belong to the user who restores; restore without it');
  await using part = isPart ? await partOf({ engine: engineHere, dump: whole.open, scan, flaws }, { tables, schemas }, work) : undefined;
  await beforehand?.();
  const given = part ?? whole;
  return await engineHere.restore(given.open, given.scan, { ...target, without: part ? [] : flaws, now: platform.clock.now() }, work);
}

/**
 * Returns the stored bytes of a backup's dump, and their measures in the manifest. Trust none of them before the stream
 * has ended: a flipped byte is a ChecksumError at its end.
 */
export const download = auditingRefusals(
  'download',
  async (
    platform: With<'vault' | 'catalogue'>,
    { backup, by, claimed }: { backup: string } & Author,
  ): Promise<{ manifest: Manifest; bytes: AsyncIterable<Uint8Array> }> => {
    const { found, manifest } = await published(platform, backup);
    await platform.catalogue.audit.append({ at: platform.clock.now().toISOString(), by, claimed, action: 'downloaded', subject: found.id, detail: '' });
    return { manifest, bytes: readVerified(platform.vault, manifest.dump) };
  },
);
