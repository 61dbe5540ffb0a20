import type { Backup } from '../../catalogue/backups.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { all } from '../../catalogue/page.ts';
import { databaseOf } from '../../config/database-of.ts';
import { runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { proofIsDue } from '../../policy/proof-policy.ts';
import type { BackupRequest } from '../../workflow/request.ts';
import { refuseOtherVault } from '../keeping/soundness.ts';

export interface OpenInput extends BackupRequest {
  execution: string;
}

export interface OpenOutput {
  run: string;
  /** The slot was served already, or is being served: there is nothing to do. */
  served: boolean;
  /** Whether this backup is to be proven before it is published. */
  prove: boolean;
  /** Where the dump begins: in the workflow's own step, or at once on the larger compute. */
  compute: 'function' | 'build';
}

/** A third of the time that a function has, in seconds: the larger compute is not three times as fast, so a dump that took longer there is not tried in a function again. */
const surelyTooLong = 300;

/** Longer than any run may take: the workflow's own time limit (`backup.asl.json`) is shorter. */
const leaseHours = 25;

/** Opens the run of a slot and takes its database's lease. A database that is not configured is a ConfigurationError, one that is being backed up a DatabaseBusyError. */
export async function open(platform: With<'vault' | 'catalogue'>, input: OpenInput): Promise<OpenOutput> {
  const { catalogue, clock, config, log } = platform;
  const database = databaseOf(platform, input.database);
  await refuseOtherVault(platform);
  const now = clock.now();
  const slot = new Date(input.slot);
  const { opened, run } = await catalogue.runs.open(
    {
      id: runId(input.database, slot, input.kind),
      database: input.database,
      slot: slot.toISOString(),
      kind: input.kind,
      requestedBy: input.requestedBy,
      execution: input.execution,
      status: 'running',
      startedAt: now.toISOString(),
      attempts: 0,
    },
    { leaseEnds: new Date(now.getTime() + leaseHours * 3_600_000), now, again: input.again },
  );
  if (!opened) {
    log.info(`${run.id} is ${run.status === 'running' ? 'already running' : `already served (${run.status})`}`);
    return { run: run.id, served: true, prove: false, compute: 'function' };
  }
  if (run.attempts === 0)
    await catalogue.audit.append({ at: now.toISOString(), by: input.requestedBy, action: 'backup-requested', subject: run.id, detail: input.kind });
  const backups = await all((page) => catalogue.backups.list({ database: input.database, ...page }));
  return {
    run: run.id,
    served: false,
    prove: proofIsDue(database.proof, backups, slot, config.timeZone),
    compute: await computeFor(catalogue, backups),
  };
}

/** The larger compute at once when the newest backup needed it and took long there. On one machine none ever did. */
async function computeFor({ runs }: Catalogue, [newest]: Backup[]): Promise<OpenOutput['compute']> {
  const wasApart = newest !== undefined && (await runs.get(newest.id))?.dumped !== undefined;
  return wasApart && newest.seconds > surelyTooLong ? 'build' : 'function';
}
