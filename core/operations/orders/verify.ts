import { storeDocument } from '../../bytes/stored.ts';
import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { type Proof, sealProof } from '../../documents/proof.ts';
import { DocumentInvalidError, ObjectExistsError, ObjectMissingError } from '../../errors.ts';
import { proofKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Vault } from '../../vault/vault.ts';
import { proofOf } from '../backup/prove.ts';
import { endIncident, openIncident } from '../keeping/incident.ts';
import { stemOfManifest } from '../keeping/manifest-record.ts';
import { endRefutedWhenNone, reportFlaws, reportMissing } from '../keeping/soundness.ts';
import { noteStanding, standingOf } from '../keeping/standing.ts';
import { toBeVerified, type VerifyInput } from './to-be-verified.ts';

/** Ports that record a proof. */
export type RecordPlatform = With<'vault' | 'catalogue' | 'mailer' | 'notifier'>;
type VerifyPlatform = RecordPlatform & With<'tools' | 'scratch' | 'engines'>;

/**
 * Proves an existing backup now, and puts the proof beside it in the vault. A refuted backup counts no more, and the
 * administrators are alerted.
 */
export async function verify(platform: VerifyPlatform, input: VerifyInput, signal: AbortSignal): Promise<Proof> {
  const found = await toBeVerified(platform, input);
  const manifest = await manifestOrReport(platform, found);
  const proof = await proofOf(
    platform,
    { run: found.id, engine: manifest.engine, compression: manifest.compression, dump: manifest.dump, scan: manifest.scan },
    signal,
  );
  await recordProof(platform, { found, manifest, proof }, input);
  return proof;
}

/** Stores a proof of an existing backup and records it. Tells the administrators what it means. */
export async function recordProof(
  platform: RecordPlatform,
  { found, manifest, proof }: { found: Backup; manifest: Manifest; proof: Proof },
  { by, claimed }: Author,
): Promise<void> {
  const { catalogue, clock, vault } = platform;
  const key = await storeProof(vault, stemOfManifest(manifest), proof, clock.now());
  await catalogue.backups.change(found.id, (record) => ({
    ...record,
    objects: { ...record.objects, proofs: [...record.objects.proofs, key] },
    proof: { verdict: proof.verdict, at: proof.at, seconds: proof.seconds },
  }));
  await noteStanding(platform, found.database);
  await catalogue.audit.append({
    at: clock.now().toISOString(),
    by,
    claimed,
    action: 'verified',
    subject: found.id,
    detail: detailText({ about: 'verdict', verdict: proof.verdict }),
  });
  if (proof.verdict === 'refuted') {
    await openIncident(platform, {
      database: found.database,
      kind: 'backup-refuted',
      subject: key,
      error: { name: 'BackupRefutedError', message: `${found.id}: ${proof.differences.join('; ')}` },
    });
  } else {
    await endRefutedWhenNone(platform, found.database);
    if (await isNewest(platform, found)) {
      await endIncident(platform, found.database, 'proof-failed');
      await reportFlaws(platform, { ...found, proof, flaws: proof.flaws.map(({ what }) => what) });
    }
  }
}

/** Returns true if no later backup of the database is good: its flaws are those of the source, as far as we know. */
async function isNewest(platform: RecordPlatform, { id, database }: Backup): Promise<boolean> {
  return (await standingOf(platform, database)).lastGood?.id === id;
}

/** Reads the manifest. If it is gone or cannot be understood, the backup counts no more, as after sweep. */
export async function manifestOrReport(platform: RecordPlatform, backup: Backup): Promise<Manifest> {
  try {
    return await readManifest(platform.vault, backup.manifest);
  } catch (error) {
    if (error instanceof ObjectMissingError) await reportMissing(platform, [backup], await platform.vault.list(`${backup.database}/`));
    if (error instanceof DocumentInvalidError) {
      const at = platform.clock.now().toISOString();
      await platform.catalogue.backups.change(backup.id, (record) => ({ ...record, proof: { verdict: 'refuted', at } }));
      await noteStanding(platform, backup.database);
      await openIncident(platform, { database: backup.database, kind: 'backup-refuted', subject: backup.manifest, error });
    }
    throw error;
  }
}

/**
 * Stores a proof under the instant's key, or that of the next free second: two proofs of a backup may end in one
 * second.
 */
export async function storeProof(vault: Vault, stem: string, proof: Proof, at: Date): Promise<string> {
  const sealedProof = await sealProof(vault, proof);
  for (let second = at.getTime(); ; second += 1000) {
    const key = proofKey(stem, new Date(second));
    try {
      await storeDocument(vault, key, sealedProof);
      return key;
    } catch (error) {
      if (!(error instanceof ObjectExistsError)) throw error;
    }
  }
}
