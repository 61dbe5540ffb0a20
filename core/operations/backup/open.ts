import { detailText } from '../../catalogue/audit-details.ts';
import type { Backup } from '../../catalogue/backups.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { withRun } from '../../catalogue/standings.ts';
import { databaseOf } from '../../config/database-of.ts';
import { noPlace, runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { proofIsDue } from '../../policy/proof-policy.ts';
import type { BackupRequest } from '../../workflow/request.ts';
import { beat } from '../keeping/heartbeat.ts';
import { refuseOtherVault } from '../keeping/soundness.ts';
import { computedStanding } from '../keeping/standing.ts';

export interface OpenInput extends BackupRequest {
  execution: string;
}

export interface OpenOutput {
  run: string;
  /** True if the slot was served already, or is being served: there is nothing to do. */
  served: boolean;
  /** True if this backup must be proven before it is published. */
  prove: boolean;
  /** Place where the dump begins: the workflow's own step, or at once the larger compute. */
  compute: Compute;
  /** Place where the proof begins, unless the dump's size decides. */
  proveOn: Compute;
  /** Place from which the database is reached, by which the workflow finds what dumps there. */
  place: string;
}

type Compute = 'function' | 'build';

/**
 * Duration of a dump or a proof on the larger compute, in seconds, above which a function is not tried again: a third
 * of a function's time. The larger compute is not three times as fast.
 */
const surelyTooLong = 300;

/**
 * Length of a lease, in hours: longer than any run, which the workflow's own time limit (`backup.asl.json`) ends
 * earlier.
 */
const leaseHours = 25;

/**
 * Opens the run of a slot and takes its database's lease. Throws ConfigurationError if the database is not configured,
 * DatabaseBusyError if it is being backed up.
 */
export async function open(platform: With<'vault' | 'catalogue' | 'notifier'>, input: OpenInput): Promise<OpenOutput> {
  const { catalogue, clock, config, log } = platform;
  const database = databaseOf(platform, input.database);
  await refuseOtherVault(platform, { first: input.database });
  const { place = noPlace } = database;
  const now = clock.now();
  const slot = new Date(input.slot);
  const { opened, run } = await catalogue.runs.open(
    {
      id: runId(input.database, slot, input.kind),
      database: input.database,
      slot: slot.toISOString(),
      kind: input.kind,
      requestedBy: input.requestedBy,
      claimed: input.claimed,
      execution: input.execution,
      status: 'running',
      startedAt: now.toISOString(),
      attempts: 0,
    },
    { leaseEnds: new Date(now.getTime() + leaseHours * 3_600_000), now, again: input.again },
  );
  if (!opened) {
    log.info(`${run.id} is ${run.status === 'running' ? 'already running' : `already served (${run.status})`}`);
    return { run: run.id, served: true, prove: false, compute: 'function', proveOn: 'function', place };
  }
  if (run.attempts === 0)
    await catalogue.audit.append({
      at: now.toISOString(),
      by: input.requestedBy,
      claimed: input.claimed,
      action: 'backup-requested',
      subject: run.id,
      detail: detailText({ about: 'kind', kind: input.kind }),
    });
  const standing = await catalogue.standings.write(input.database, async (there) => withRun(there ?? (await computedStanding(catalogue, input.database)), run));
  await beat(platform, input.database, 'start');
  const { lastGood, lastProven } = standing;
  return {
    run: run.id,
    served: false,
    prove: proofIsDue(database.proof, lastProven === undefined ? undefined : new Date(lastProven), slot, config.timeZone),
    compute: await computeFor(catalogue, lastGood),
    proveOn: await proverFor(catalogue, lastGood, lastProven === undefined ? undefined : runId(input.database, new Date(lastProven), 'scheduled')),
    place,
  };
}

/**
 * Chooses the larger compute at once if the last good backup needed it and took long there. On one machine, none ever
 * needs it.
 */
async function computeFor({ runs }: Catalogue, newest: Backup | undefined): Promise<Compute> {
  const wasApart = newest !== undefined && (await runs.get(newest.id))?.dumped !== undefined;
  return wasApart && newest.seconds > surelyTooLong ? 'build' : 'function';
}

/**
 * Chooses the larger compute for the proof if the last good backup, or the last one of a schedule that was proven,
 * needed it and took long there, or could not be proven even there.
 */
async function proverFor({ backups, runs }: Catalogue, newest: Backup | undefined, proven: string | undefined): Promise<Compute> {
  for (const id of new Set([newest?.id, proven])) {
    if (id === undefined || !(await runs.get(id))?.provenOnBuild) continue;
    const backup = id === newest?.id ? newest : await backups.get(id);
    if ((backup?.proof.seconds ?? Number.POSITIVE_INFINITY) > surelyTooLong) return 'build';
  }
  return 'function';
}
