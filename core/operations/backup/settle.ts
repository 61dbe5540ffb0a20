import { detailText } from '../../catalogue/audit-details.ts';
import type { Run } from '../../catalogue/runs.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { type ErrorName, reasonOf } from '../../errors.ts';
import { manifestKey, runId, stemOf } from '../../names.ts';
import type { With } from '../../platform.ts';
import { type Failure, reasonOfFailure, type StatusEvent } from '../../workflow/execution.ts';
import type { BackupRequest } from '../../workflow/request.ts';
import { beat } from '../keeping/heartbeat.ts';
import { endIncident, openIncident } from '../keeping/incident.ts';
import { recordManifest } from '../keeping/manifest-record.ts';
import { flawsOf, reportFlaws } from '../keeping/soundness.ts';
import { noteStanding, noteTroubles } from '../keeping/standing.ts';

export interface SettleInput extends BackupRequest {
  execution: string;
  /** Part that failed. Rotation follows the backup, and only the workflow reports it: it fails no execution. */
  during: 'backup' | 'rotation';
  /** True if somebody stopped it on purpose. */
  stopped?: boolean;
  /** Error as the workflow caught it. */
  error: Failure;
}

export interface SettleOutput {
  /** True if this call marked the run failed. */
  failed: boolean;
  /** False if the administrators' mail could not be sent. Retryable. */
  alertSent: boolean;
}

/**
 * Settles a run that did not end well: marks it failed, frees the lease, opens the incident and alerts once, unless it
 * was requested and stopped by hand. If its manifest is in the vault, the run has made its backup: it is recorded and
 * succeeded, whatever failed after that. Idempotent: both the workflow's own failure branch and the rule on its failed
 * executions call it.
 */
export async function settle(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, input: SettleInput): Promise<SettleOutput> {
  const { catalogue, clock, log } = platform;
  const error = reasonOfFailure(input.error);
  const slot = new Date(input.slot);
  const id = runId(input.database, slot, input.kind);
  const known = await catalogue.runs.get(id);
  // another execution has taken over, and settles it
  if (known && known.execution !== input.execution) return { failed: false, alertSent: true };
  if (input.during === 'rotation') {
    const alertSent = await openIncident(platform, { database: input.database, kind: 'rotation-failed', subject: id, error });
    return { failed: false, alertSent };
  }
  const run: Run = known ?? { ...requestOf(input), id, status: 'running', startedAt: clock.now().toISOString(), attempts: 0 };
  if (run.status === 'succeeded' || (await publishedAfterAll(platform, run, slot))) {
    await catalogue.runs.end(run, { status: 'succeeded' }, clock.now());
    await noteStanding(platform, input.database);
    await endIncident(platform, input.database, 'backup-failed');
    log.info(`${id}: had been published before ${error.name}: ${error.message}`);
    return { failed: false, alertSent: true };
  }
  const failed = await catalogue.runs.end(run, { status: 'failed', error }, clock.now());
  if (failed) {
    log.error(`${id}: failed: ${error.message}`, { run: id, error: error.name });
    await catalogue.audit.append({
      at: clock.now().toISOString(),
      by: input.requestedBy,
      claimed: input.claimed,
      action: 'run-failed',
      subject: id,
      detail: detailText({ about: 'error', name: error.name as ErrorName, message: error.message }),
    });
  }
  if (failed) await beat(platform, input.database, 'fail');
  // the requester knows; a scheduled backup is missing until it is made up for
  if (input.stopped && input.kind === 'manual') {
    await noteTroubles(platform, input.database);
    return { failed, alertSent: true };
  }
  const alertSent = await openIncident(platform, { database: input.database, kind: 'backup-failed', subject: `${id} ${input.execution}`, error });
  return { failed, alertSent };
}

/** Makes the same input from the event of the rule on failed executions. */
export function settleInputOf({ detail }: StatusEvent): SettleInput {
  const { name, message } = reasonOfFailure(
    { ...(detail.error !== undefined && { Error: detail.error }), ...(detail.cause !== undefined && { Cause: detail.cause }) },
    detail.status,
  );
  const request = JSON.parse(detail.input) as BackupRequest;
  return { ...request, execution: detail.executionArn, during: 'backup', stopped: detail.status === 'ABORTED', error: { Error: name, Cause: message } };
}

function requestOf({ database, kind, requestedBy, claimed, execution, slot }: SettleInput): Omit<Run, 'id' | 'status' | 'startedAt' | 'attempts'> {
  return { database, kind, requestedBy, claimed, execution, slot: new Date(slot).toISOString() };
}

async function publishedAfterAll(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, run: Run, slot: Date): Promise<boolean> {
  const manifest = await manifestIfThere(platform, run, slot);
  if (!manifest) return false;
  await recordManifest(platform, manifest);
  await reportFlaws(platform, { ...manifest, flaws: await flawsOf(platform, manifest) });
  return true;
}

/**
 * Reads the manifest if it is there. A vault that cannot tell must not keep the failure from being reported; if the
 * manifest is there after all, sweep records it.
 */
async function manifestIfThere({ log, vault }: With<'vault'>, run: Run, slot: Date): Promise<Manifest | undefined> {
  const key = manifestKey(stemOf(run.database, slot, run.kind));
  try {
    const there = (await vault.list(key)).some((object) => object.key === key);
    return there ? await readManifest(vault, key) : undefined;
  } catch (error) {
    log.warn(`${run.id} counts as failed, because the vault cannot tell whether it was published: ${reasonOf(error).message}`);
    return undefined;
  }
}
