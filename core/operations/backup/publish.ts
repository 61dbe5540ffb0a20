import { storeDocument } from '../../bytes/stored.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import type { Run } from '../../catalogue/runs.ts';
import type { DumpOutput } from '../../documents/dump-output.ts';
import { type Manifest, readManifest, writeManifest } from '../../documents/manifest.ts';
import { type Proof, sealProof } from '../../documents/proof.ts';
import type { StoredObject } from '../../documents/stored-object.ts';
import { cardOf } from '../../engines/cards.ts';
import { InterruptedError, ObjectExistsError } from '../../errors.ts';
import { encryptedSuffix, manifestKey, partsOfRunId, proofKey, stemOf } from '../../names.ts';
import type { With } from '../../platform.ts';
import { type Failure, reasonOfFailure } from '../../workflow/execution.ts';
import { beginVault } from '../keeping/begin-vault.ts';
import { beat } from '../keeping/heartbeat.ts';
import { claimIdentity, reportChange, unlessSetBack } from '../keeping/identities.ts';
import { endIncident, openIncident } from '../keeping/incident.ts';
import { recordManifest } from '../keeping/manifest-record.ts';
import { reportFlaws } from '../keeping/soundness.ts';
import { noteStanding } from '../keeping/standing.ts';

export interface PublishInput {
  run: string;
  execution: string;
  dump: DumpOutput;
  /** null if no proof was due, or it could not be made. */
  proof: Proof | null;
  /** Reason for which a due proof could not be made. */
  unproven?: Failure | null;
  /** Reason that the manifest gives for a backup of what no schedule backs up. */
  reason?: string | undefined;
  /** Place of the proof; whatever it says counts only if one was due. */
  proveOn?: 'function' | 'build';
}

export interface PublishOutput {
  backup: string;
}

/** Writes the manifest, which makes the dump a backup, then the records. Retryable after any failure. */
export async function publish(
  platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>,
  { run: id, execution, dump, proof, reason, unproven, proveOn }: PublishInput,
): Promise<PublishOutput> {
  const { catalogue, clock, config, log } = platform;
  const run = await catalogue.runs.get(id);
  if (!run || run.execution !== execution || run.status === 'failed')
    throw new InterruptedError(`run ${id} is ${run?.status ?? 'unknown'}: it was settled or taken over meanwhile`);
  const published = await storeManifest(platform, run, dump, proof, reason === undefined ? {} : { reason });
  const onBuild = proveOn === 'build' && (proof ?? unproven) ? { provenOnBuild: true } : {};
  await catalogue.runs.end(run, { status: 'succeeded', ...onBuild }, clock.now());
  await auditPublished(platform, run, published);
  await noteStanding(platform, run.database);
  await endIncident(platform, run.database, 'backup-failed');
  if (!Object.hasOwn(config.databases, run.database)) return { backup: id }; // whoever replaces it sees the rest
  await reportChange(platform, published);
  await reportFlaws(platform, { ...published, flaws: proof?.flaws.map(({ what }) => what) ?? dump.flaws ?? [] });
  if (unproven) await reportUnproven(platform, run.database, id, reasonOfFailure(unproven));
  else if (proof || config.databases[run.database]?.proof === 'off') await endIncident(platform, run.database, 'proof-failed');
  await beat(platform, run.database, 'success');
  log.info(`${id}: published`, { run: id, size: published.dump.size });
  return { backup: id };
}

/**
 * Writes the manifest, which makes the dump a backup, then its record. Idempotent. Throws ObjectExistsError if the
 * run's backup is another dump.
 */
export async function storeManifest(
  platform: With<'vault' | 'catalogue'>,
  run: Run,
  dump: DumpOutput,
  proof: Proof | null,
  more: Pick<Manifest, 'adopted' | 'reason'> = {},
): Promise<Manifest> {
  const { clock, vault } = platform;
  const parts = partsOfRunId(run.id);
  if (!parts) throw new InterruptedError(`there is no run ${run.id}`);
  const stem = stemOf(parts.database, parts.slot, parts.kind);
  await beginVault(platform);
  if (proof) await unlessThere(async () => storeDocument(vault, proofKey(stem), await sealProof(vault, proof)));
  const identity = dump.identity && (await unlessSetBack(platform, run.database, dump.identity));
  if (identity) await claimIdentity(platform, run.database, identity);
  const manifest: Manifest = {
    format: 'sauvegarde-manifest',
    version: dump.dump.encryption ? 2 : 1,
    id: run.id,
    database: run.database,
    engine: dump.engine,
    kind: run.kind,
    slot: run.slot,
    startedAt: dump.startedAt,
    publishedAt: clock.now().toISOString(),
    seconds: dump.seconds,
    requestedBy: run.requestedBy,
    ...more,
    ...(identity && { identity }),
    compression: dump.compression,
    dump: dump.dump,
    scan: dump.scan,
    proof: proof
      ? { verdict: proof.verdict, ...(proof.basis && { basis: proof.basis }), key: proofKey(stem), at: proof.at, seconds: proof.seconds }
      : { verdict: dump.flaws ? 'flawed' : 'none' },
    totals: dump.totals,
    restore: restoreCommands(dump),
  };
  const published = (await unlessThere(() => storeDocument(vault, manifestKey(stem), writeManifest(manifest))))
    ? manifest
    : await already(platform, manifestKey(stem), dump.dump);
  await recordManifest(platform, published);
  return published;
}

/** Writes into the audit log whose backup was published. */
export async function auditPublished(
  { catalogue, clock }: With<'catalogue'>,
  { requestedBy: by, claimed }: Pick<Run, 'requestedBy' | 'claimed'>,
  { id, dump, totals, proof }: Manifest,
): Promise<void> {
  const detail = detailText({ about: 'backup', size: dump.size, rows: totals.rows, verdict: proof.verdict });
  await catalogue.audit.append({ at: clock.now().toISOString(), by, claimed, action: 'backup-published', subject: id, detail });
}

/** Opens the incident of a proof that could not be made. The backup counts meanwhile: nothing speaks against it. */
async function reportUnproven(
  platform: With<'catalogue' | 'mailer' | 'notifier'>,
  database: string,
  id: string,
  error: { name: string; message: string },
): Promise<void> {
  platform.log.warn(`${id}: is published, but could not be proven: ${error.message}`, { run: id, error: error.name });
  await openIncident(platform, { database, kind: 'proof-failed', subject: id, error });
}

/** Writes an object. Returns false if it is there already, from an earlier attempt of the same step. */
async function unlessThere(write: () => Promise<StoredObject>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ObjectExistsError) return false;
    throw error;
  }
}

async function already(platform: With<'vault'>, key: string, dump: StoredObject): Promise<Manifest> {
  const manifest = await readManifest(platform.vault, key);
  if (manifest.dump.key === dump.key && manifest.dump.sha256 === dump.sha256) return manifest;
  throw new ObjectExistsError(`${key} is already in the vault, for another dump (${manifest.dump.key})`);
}

function restoreCommands({ dump, compression, engine, product }: DumpOutput): string[] {
  const file = dump.key.slice(dump.key.lastIndexOf('/') + 1);
  const compressed = dump.encryption ? file.slice(0, -encryptedSuffix.length) : file;
  const plain = compressed.replace(/\.(zst|gz)$/, '');
  const decrypt = dump.encryption ? [`age -d -i key.txt -o ${compressed} ${file}`] : [];
  const decompress = { zstd: [`zstd -d ${compressed}`], gzip: [`gunzip -k ${compressed}`], none: [] };
  return [`echo "${dump.sha256}  ${file}" | sha256sum -c`, ...decrypt, ...decompress[compression], ...cardOf(engine).restoreCommands(plain, product)];
}
