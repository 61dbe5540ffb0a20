import { readManifest } from '../../documents/manifest.ts';
import type { Proof } from '../../documents/proof.ts';
import { ObjectMissingError, UnknownNameError } from '../../errors.ts';
import { manifestKey, partsOfRunId, stemOf } from '../../names.ts';
import type { With } from '../../platform.ts';
import { proofOf } from '../backup/prove.ts';
import { type Copy, discardIn } from '../keeping/copies.ts';
import { openIncident } from '../keeping/incident.ts';
import { backupOfManifest, stemOfManifest } from '../keeping/manifest-record.ts';
import { findBackup } from './find-backup.ts';
import type { VerifyInput } from './to-be-verified.ts';
import { storeProof } from './verify.ts';

type VerifyCopyPlatform = With<'vault' | 'catalogue' | 'mailer' | 'notifier' | 'tools' | 'scratch' | 'engines'>;

/**
 * Proves a backup from a copy, and puts the proof beside it there. One that is refuted is removed there, so that the
 * next copy makes it anew, and the administrators are alerted. Also for a backup that the vault itself keeps no more.
 * Throws ObjectMissingError if the copy does not hold it.
 */
export async function verifyCopy(
  platform: VerifyCopyPlatform,
  { backup: name, copy, by, claimed }: VerifyInput & { copy: Copy },
  signal: AbortSignal,
): Promise<Proof> {
  const { catalogue, clock, log } = platform;
  const { vault, place } = copy;
  const key = await manifestOf(platform, name);
  const manifest = await readManifest(vault, key).catch((cause: unknown) => {
    if (!(cause instanceof ObjectMissingError)) throw cause;
    throw new ObjectMissingError(`the copy in ${place} does not hold ${name}; "sauvegarde copy" shows what it holds, and copies what it lacks`, { cause });
  });
  const { compression, database, dump, engine, id, scan } = manifest;
  const proof = await proofOf({ ...platform, vault }, { run: id, engine, compression, dump, scan }, signal);
  await storeProof(vault, stemOfManifest(manifest), proof, clock.now());
  const at = clock.now().toISOString();
  await catalogue.audit.append({ at, by, claimed, action: 'verified', subject: id, detail: `${proof.verdict}, from the copy in ${place}` });
  if (proof.verdict !== 'refuted') return proof;
  await discardIn(vault, await backupOfManifest({ log, vault }, manifest));
  const message = `the copy of ${id} in ${place} cannot be restored: ${proof.differences.join('; ')}. It was removed there, to be copied again`;
  await openIncident(platform, { database, kind: 'copy-behind', subject: `${id} ${place}`, error: { name: 'CopyBehindError', message } });
  return proof;
}

/** Returns the key of a backup's manifest, also of one that the catalogue has forgotten. */
async function manifestOf(platform: With<'catalogue'>, name: string): Promise<string> {
  try {
    return (await findBackup(platform, name)).manifest;
  } catch (error) {
    const parts = partsOfRunId(name);
    if (!(error instanceof UnknownNameError) || !parts) throw error;
    return manifestKey(stemOf(parts.database, parts.slot, parts.kind));
  }
}
