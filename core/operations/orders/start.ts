import { databaseOf } from '../../config/database-of.ts';
import { executionName, runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { BackupRequest } from '../../workflow/request.ts';

export interface StartInput {
  /** Every configured database when none is named. */
  database?: string | undefined;
  /** The scheduled instant, ISO 8601. Without it the backup is a manual one of this moment. */
  scheduled?: string;
  /** Serve a scheduled slot again when its run failed. */
  again?: boolean;
  requestedBy: string;
}

/** An execution of the workflow. A slot's exists once: asking for it again changes nothing. */
export interface Execution {
  database: string;
  name: string;
  outcome: 'started' | 'exists';
}

export interface StartOutput {
  executions: Execution[];
}

/** Starts the workflow for one database or all. A database that is not configured is a ConfigurationError; when one execution cannot be started the others are, and then its error is thrown. */
export async function start(platform: With<'executions'>, { database, scheduled, again = false, requestedBy }: StartInput): Promise<StartOutput> {
  const { clock, config, executions, log } = platform;
  if (database !== undefined) databaseOf(platform, database);
  const slot = wholeSecond(scheduled === undefined ? clock.now() : new Date(scheduled));
  const kind = scheduled === undefined ? 'manual' : 'scheduled';
  const begun = (database === undefined ? Object.keys(config.databases) : [database]).map(async (each) => {
    const request: BackupRequest = { database: each, slot: slot.toISOString(), kind, requestedBy, again };
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

/** A run's id knows no milliseconds. */
function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1000) * 1000);
}
