import { databaseOf } from '../../config/database-of.ts';
import { executionName, runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { BackupRequest } from '../../workflow/request.ts';

export interface StartInput {
  /** Database; without it, every configured one. */
  database?: string | undefined;
  /** The scheduled instant, ISO 8601. Without it, the backup is a manual one. */
  scheduled?: string;
  /** Instant of a manual backup, ISO 8601. @default now */
  at?: string;
  /** Serves a scheduled slot again if its run failed. */
  again?: boolean;
  requestedBy: string;
  /** As an author's `claimed` in the audit log. */
  claimed?: boolean | undefined;
}

/** Execution of the workflow, one for each slot: a repeated request changes nothing. */
export interface Execution {
  database: string;
  name: string;
  outcome: 'started' | 'exists';
}

export interface StartOutput {
  executions: Execution[];
}

/**
 * Starts the workflow for one database or all. If one execution cannot be started, the others are, and then its error
 * is thrown. Throws ConfigurationError if the database is not configured.
 */
export async function start(platform: With<'executions'>, { database, scheduled, at, again = false, requestedBy, claimed }: StartInput): Promise<StartOutput> {
  const { clock, config, executions, log } = platform;
  if (database !== undefined) databaseOf(platform, database);
  const slot = wholeSecond(new Date(scheduled ?? at ?? clock.now()));
  const kind = scheduled === undefined ? 'manual' : 'scheduled';
  const begun = (database === undefined ? Object.keys(config.databases) : [database]).map(async (each) => {
    const request: BackupRequest = { database: each, slot: slot.toISOString(), kind, requestedBy, claimed, again };
    const name = executionName(runId(each, slot, kind), again ? clock.now() : undefined);
    const outcome = await executions.start(name, request);
    log.info(outcome === 'started' ? `${name}: started` : `${name}: there is an execution of this slot; nothing was started`, { run: name });
    return { database: each, name, outcome };
  });
  const ended = await Promise.allSettled(begun);
  return {
    executions: ended.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      return each.value;
    }),
  };
}

/** Drops the milliseconds, which a run's id does not hold. */
function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1000) * 1000);
}
