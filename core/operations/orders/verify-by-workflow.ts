import type { Proof } from '../../documents/proof.ts';
import { readScan } from '../../documents/scan.ts';
import { type Prover, proverOf } from '../../engines/cards.ts';
import { orderName } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Failure } from '../../workflow/execution.ts';
import type { Executions } from '../../workflow/executions.ts';
import type { VerifyRequest } from '../../workflow/order-requests.ts';
import type { ProveInput } from '../backup/prove.ts';
import { explained, isUnderWay, noteEnd } from './taken-down.ts';
import { toBeVerified } from './to-be-verified.ts';
import { manifestOrReport, type RecordPlatform, recordProof } from './verify.ts';

/*
 * A proof on demand by a workflow of its own (`verify.asl.json`): what makes the proof may record nothing, so it is
 * begun and ended apart from it.
 */

/** Port that starts the workflow. */
export type Verifying = With<never> & { verifications: Executions<VerifyRequest> };

/** Starts the workflow of an order that was taken down. Idempotent. */
export async function startVerification({ verifications, log }: Verifying, request: VerifyRequest): Promise<{ outcome: 'started' | 'exists' }> {
  const outcome = await verifications.start(orderName(request.backup, new Date(request.at)), request);
  log.info(`${request.backup}: ${outcome === 'started' ? 'its proof was started' : 'its proof is under way'}`, { run: request.backup });
  return { outcome };
}

/** A stored dump to prove, as the workflow needs it. */
export interface BegunVerification {
  run: string;
  /** As the step "Dump database" of the workflow of backups gives it. */
  dump: Omit<ProveInput, 'run' | 'onDemand'> & { prover: Prover; totals: { bytes: number } };
  /** Place where the proof begins, unless the dump's size decides. */
  proveOn: 'function' | 'build';
}

/**
 * Begins a proof on demand: finds the stored dump, and how it is proven. Throws as `toBeVerified`; and
 * ObjectMissingError or DocumentInvalidError, once the administrators have a mail, for a backup that is none any more.
 */
export async function beginVerification(platform: RecordPlatform, { at, backup, by, claimed }: VerifyRequest): Promise<BegunVerification> {
  const { catalogue, vault } = platform;
  const found = await toBeVerified(platform, { backup, by, claimed });
  await catalogue.backups.change(found.id, (record) => ({ ...record, verifying: { by, claimed, startedAt: at } }));
  const manifest = await manifestOrReport(platform, found);
  const { compression, dump, engine, scan, totals } = manifest;
  const { product } = await readScan(vault, scan);
  const run = await catalogue.runs.get(found.id);
  return {
    run: found.id,
    dump: { engine, prover: proverOf(engine, product), compression, dump, scan, totals: { bytes: totals.bytes } },
    proveOn: run?.provenOnBuild ? 'build' : 'function',
  };
}

export interface EndedVerification extends VerifyRequest {
  proof: Proof | null;
  /** Error because of which there is no proof. */
  failure: Failure | null;
}

/**
 * Ends a proof on demand: records the proof, or why there is none. Idempotent: both the workflow and the rule on its
 * failed executions call it.
 */
export async function endVerification(
  platform: RecordPlatform,
  { at, backup, by, claimed, failure, proof }: EndedVerification,
): Promise<{ recorded: boolean }> {
  const { catalogue, log } = platform;
  const found = await catalogue.backups.get(backup);
  if (!found || !isUnderWay(found.verifying, at)) return { recorded: false };
  if (proof) await recordProof(platform, { found, manifest: await manifestOrReport(platform, found), proof }, { by, claimed });
  const reason = proof ? undefined : explained(failure);
  if (reason) log.error(`${backup}: the proof could not be made: ${reason.message}`, { run: backup, error: reason.name });
  await noteEnd(platform, { backup, at, note: 'verifying', ...(reason && { error: reason }) });
  return { recorded: true };
}
