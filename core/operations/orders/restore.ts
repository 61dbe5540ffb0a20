import { readDump, readVerified } from '../../bytes/stored.ts';
import type { Author } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import type { Flaw } from '../../documents/flaw.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { readProof } from '../../documents/proof.ts';
import { readScan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import type { Restored } from '../../engines/engine.ts';
import { BackupFlawedError, RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { engineOf } from '../backup/engine-of.ts';
import { workFor } from '../backup/work.ts';
import { findBackup } from './find-backup.ts';
import { auditingRefusals } from './refusals.ts';

export interface RestoreInput extends Author {
  backup: string;
  /** Target: a file, or the address of a database. */
  into: string;
  force: boolean;
  withoutOwners?: boolean;
  withoutPrivileges?: boolean;
  enableEvents?: boolean;
  /** Leaves out, and tells, statements that do not run. */
  tolerant?: boolean;
  /** Decides whether to restore a flawed backup without these statements. By default it is refused. */
  accept?: (flaws: readonly Flaw[]) => Promise<boolean>;
}

/**
 * Restores a backup, verifying its bytes as they pass and comparing rows with its scan at the end. The target changes
 * only if all went well. Throws BackupFlawedError if statements have to be left out and nobody accepts that.
 */
export const restore = auditingRefusals(
  'restore',
  async (
    platform: With<'vault' | 'catalogue' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
    { backup, by, claimed, accept, ...target }: RestoreInput,
    signal: AbortSignal,
  ): Promise<Restored & { backup: string }> => {
    const { found } = await published(platform, backup);
    const proof = found.proof.verdict === 'flawed' ? (found.objects.proofs.at(-1) ?? null) : null;
    const restored = await restoreStored(platform, { manifest: found.manifest, proof, of: found, accept, ...target }, signal);
    await platform.catalogue.audit.append({
      at: platform.clock.now().toISOString(),
      by,
      claimed,
      action: 'restored',
      subject: found.id,
      detail: restored.into,
    });
    return { backup: found.id, ...restored };
  },
);

/** Files of a backup, by their keys. */
export interface StoredBackup {
  manifest: string;
  /** Its newest proof if that has found flaws. */
  proof: string | null;
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
    ...target
  }: StoredBackup & { of: Pick<Backup, 'id' | 'database' | 'engine'> } & Omit<RestoreInput, 'backup' | keyof Author>,
  signal: AbortSignal,
): Promise<Restored> {
  const manifest = await readManifest(platform.vault, key);
  const { database, engine, id } = manifest;
  if (id !== of.id || database !== of.database || engine !== of.engine)
    throw new RefusedError(
      `${key} is the manifest of ${id}, of the database ${database} (${engine}), not of ${of.id}, ${of.database} (${of.engine}); nothing was changed`,
    );
  const scan = await readScan(platform.vault, manifest.scan);
  const flaws = proof === null ? (scan.flaws ?? []) : (await readProof(platform.vault, proof)).flaws;
  const leftOut = flaws.filter(({ comesBack }) => !comesBack);
  if (leftOut.length > 0 && !(await accept?.(leftOut)))
    throw new BackupFlawedError(
      `${id} restores, but without ${leftOut.length === 1 ? 'one part' : `${leftOut.length} parts`}: ${shortened(leftOut.map(({ what }) => what)).join('; ')}. Repeat with --without-flawed to restore the rest`,
    );
  return engineOf(platform, engine).restore(
    () => readDump(platform.vault, manifest.dump, manifest.compression),
    scan,
    { ...target, without: flaws, now: platform.clock.now() },
    workFor(platform, id, signal),
  );
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

async function published(platform: With<'vault' | 'catalogue'>, name: string): Promise<{ found: Backup; manifest: Manifest }> {
  const found = await findBackup(platform, name);
  if (found.status !== 'published')
    throw new RefusedError(`${found.id} is ${found.status}${found.status === 'retired' ? '; bring it back first (unretire)' : ''}`);
  return { found, manifest: await readManifest(platform.vault, found.manifest) };
}
