import { setTimeout } from 'node:timers/promises';
import type { Backup } from '../../core/catalogue/backups.ts';
import type { Run } from '../../core/catalogue/runs.ts';
import { errorFrom, UnexpectedError } from '../../core/errors.ts';
import type { StartOutput } from '../../core/operations/orders/start.ts';
import type { Log } from '../../core/platform.ts';
import { type Home, type Outcome, outcomeOf } from './home.ts';

type Execution = StartOutput['executions'][number];

export interface Following {
  carryOut: Home['carryOut'];
  executions: Execution[];
  signal: AbortSignal;
  log: Log;
  /** This command line, for the next command to type. */
  again: string;
}

/**
 * Pauses between two looks, in milliseconds: the end of a small backup is reported soon, and a backup of hours costs
 * few calls.
 */
const [firstPause, growth, longestPause] = [1000, 1.5, 15_000];
/**
 * Longest time until a run is recorded, in milliseconds. It is recorded when its lease is taken, and the workflow waits
 * two hours for a busy database.
 */
const longestUnrecorded = 3 * 3_600_000;

/**
 * Waits until all these executions have ended, and returns the outcome of each. The signal ends the waiting, not the
 * runs.
 */
export async function follow(following: Following): Promise<Outcome[]> {
  const { again, executions, log, signal } = following;
  for (const { name, outcome } of executions)
    log.info(outcome === 'started' ? `${name}: started` : `${name}: somebody asked for it in the same second; waiting for that one`);
  const outcomes = await Promise.all(executions.map((execution) => outcomeOf(execution.database, () => backupOf(following, execution))));
  if (signal.aborted) log.warn(`waiting was stopped, but the runs go on: "${again} list --runs" shows how they end`);
  signal.throwIfAborted();
  return outcomes;
}

async function backupOf(following: Following, { database, name }: Execution): Promise<Backup> {
  const { error } = await runOf(following, database, name);
  if (error) throw errorFrom(error.name, error.message);
  const found = (await following.carryOut({ action: 'list', database, all: true })).find(({ id }) => id === name);
  if (!found) throw new UnexpectedError(`${name} succeeded but is not in the catalogue`);
  return found;
}

/** Returns the run, once it has ended. */
async function runOf({ carryOut, signal, log }: Following, database: string, id: string): Promise<Run> {
  const giveUp = performance.now() + longestUnrecorded;
  let attempts = 0;
  for (let pause = firstPause; ; pause = Math.min(pause * growth, longestPause)) {
    await setTimeout(pause, undefined, { signal });
    const run = (await carryOut({ action: 'runs', database })).find((each) => each.id === id);
    if (run && run.status !== 'running') return run;
    if (run && run.attempts > attempts) log.info(`${id}: dumping ${database} (attempt ${run.attempts})`);
    attempts = run?.attempts ?? 0;
    if (!run && performance.now() > giveUp)
      throw new UnexpectedError(`${id} was started, but no function has recorded it; look at its execution in Step Functions`);
  }
}
