import type { Backup } from '../../catalogue/backups.ts';
import type { Manifest } from '../../documents/manifest.ts';
import { type ProofOutline, readProofOutline } from '../../documents/proof.ts';
import { DocumentInvalidError } from '../../errors.ts';
import { holdNumber, manifestKey, partsOfRunId, stemOf } from '../../names.ts';
import type { Log, With } from '../../platform.ts';
import type { Vault } from '../../vault/vault.ts';
import { holdAmong } from './holds.ts';
import { isKnown } from './identities.ts';

/** Adds the record of a manifest, with the newest proof and the hold beside it. Idempotent. */
export async function recordManifest(platform: With<'vault' | 'catalogue'>, manifest: Manifest): Promise<void> {
  await platform.catalogue.backups.add(await backupOfManifest(platform, manifest));
}

/** Makes the record of a manifest, with the newest proof and the hold that the vault has beside it. */
export async function backupOfManifest({ log, vault }: { log: Log; vault: Vault }, manifest: Manifest): Promise<Backup> {
  const stem = stemOfManifest(manifest);
  const beside = (await vault.list(`${stem}.`)).map(({ key }) => key);
  const later = beside.filter((key) => key.startsWith(`${stem}.proof-`));
  const holds = beside.filter((key) => holdNumber(key) > 0);
  const hold = await holdAmong({ vault, log }, holds);
  const stranger = manifest.identity && !(await isKnown({ vault, log }, manifest.database, manifest.identity));
  const proof = (await newestProof(vault, later, log)) ?? manifest.proof;
  return {
    id: manifest.id,
    database: manifest.database,
    engine: manifest.engine,
    kind: manifest.kind,
    slot: manifest.slot,
    startedAt: manifest.startedAt,
    publishedAt: manifest.publishedAt,
    status: 'published',
    manifest: manifestKey(stem),
    objects: {
      dump: manifest.dump.key,
      scan: manifest.scan.key,
      proofs: [...(manifest.proof.key ? [manifest.proof.key] : []), ...later],
      ...(holds.length > 0 && { holds }),
    },
    size: manifest.dump.size,
    bytes: manifest.totals.bytes,
    tables: manifest.totals.tables,
    rows: manifest.totals.rows,
    ...(stranger && { stranger: manifest.identity?.mark }),
    seconds: manifest.seconds,
    ...(hold && { hold }),
    proof: { verdict: proof.verdict, ...(proof.at !== undefined && { at: proof.at }), ...(proof.seconds !== undefined && { seconds: proof.seconds }) },
  };
}

/**
 * Reads the newest proof that can be read. An unreadable one keeps no backup out of the catalogue; the one before it
 * counts.
 */
async function newestProof(vault: Vault, keys: string[], log: Log): Promise<ProofOutline | undefined> {
  for (const key of keys.toReversed()) {
    try {
      return await readProofOutline(vault, key);
    } catch (error) {
      if (!(error instanceof DocumentInvalidError)) throw error;
      log.error(error.message);
    }
  }
  return undefined;
}

export function stemOfManifest({ database, slot, kind, id }: Pick<Manifest, 'database' | 'slot' | 'kind' | 'id'>): string {
  return stemOf(database, partsOfRunId(id)?.slot ?? new Date(slot), kind);
}
