import { setTimeout } from 'node:timers/promises';
import { verified } from '../bytes/stored.ts';
import type { Backup } from '../catalogue/backups.ts';
import { itemsOf, usualLimit } from '../catalogue/page.ts';
import type { Run } from '../catalogue/runs.ts';
import type { Proof } from '../documents/proof.ts';
import { ConfigurationError, errorFrom, UnexpectedError } from '../errors.ts';
import type { RebuildOutput } from '../operations/keeping/rebuild.ts';
import type { SweepOutput } from '../operations/keeping/sweep.ts';
import type { Home, RestoreOrder } from '../operations/orders/home.ts';
import { liveOf, liveOfOrders } from '../operations/orders/live.ts';
import { startReserved } from '../operations/orders/reserve.ts';
import type { RestoreOutput } from '../operations/orders/restore.ts';
import type { SignedFiles, SignOutput } from '../operations/orders/sign.ts';
import type { Execution, StartInput, StartOutput } from '../operations/orders/start.ts';
import { isOver, type OrderNote, type TakenDown } from '../operations/orders/taken-down.ts';
import type { Delivered } from '../operations/orders/test-alert.ts';
import type { Log } from '../platform.ts';
import { systemClock } from '../time/clock.ts';
import type { RestoreRequest } from '../workflow/order-requests.ts';
import { downloadPresigned } from './presigned-download.ts';
import type { Stack } from './stack.ts';

export interface StackOptions {
  /** Functions that carry out the orders, and the vault's name. */
  stack: Pick<Stack, 'call' | 'bucket'>;
  timeZone: string;
  by: string;
  signal: AbortSignal;
  log: Log;
}

/**
 * Pauses between two looks, in milliseconds: the end of a small backup is reported soon, and a backup of hours costs
 * few calls.
 */
const [firstPause, growth, longestPause] = [250, 1.5, 15_000];
/**
 * Longest time until a run is recorded, in milliseconds. It is recorded when its lease is taken, and the workflow waits
 * two hours for a busy database.
 */
const longestUnrecorded = 3 * 3_600_000;

/** A stack, whose orders on backups have executions that can be waited for. */
export interface StackHome extends Home {
  /**
   * Waits for a proof on demand. Throws the error because of which it could not be made, and the signal's reason if the
   * waiting is stopped.
   */
  proofOf(order: TakenDown): Promise<Proof>;
  /** Makes addresses for the files that are needed to open a backup here. Throws as `download`. */
  files(backup: string): Promise<SignedFiles>;
  /** Begins to restore, as `restore`, with every option. */
  restoreWith(order: Pick<RestoreOrder, 'backup' | 'to' | 'confirmed'>, options: RestoreRequest['options']): Promise<TakenDown>;
  /** Waits for a restore. Throws as `proofOf`. */
  restoredBy(order: TakenDown): Promise<RestoreOutput>;
}

/**
 * Makes the home of a stack on AWS. Every order goes through one of its functions, so that their roles decide and the
 * audit log knows who asked. The signal ends the waiting, not the runs.
 */
export function stackHome({ stack: { call, bucket }, timeZone, by, signal, log }: StackOptions): StackHome {
  const carryOut: Home['carryOut'] = async (order) => (await call('AdministerFunction', { ...order, by })) as never;
  const begin = async (asked: Pick<StartInput, 'database' | 'at'>) => (await call('StartFunction', { requestedBy: by, ...asked })) as StartOutput;
  const restoreWith: StackHome['restoreWith'] = async ({ backup, to, confirmed }, options) => {
    const order = await carryOut({ action: 'askToRestore', backup, to, confirmed });
    await call('StartFunction', { order: 'restore', ...order, to, confirmed, options, requestedBy: by });
    return order;
  };
  return {
    timeZone,
    carryOut,
    start: async (database) => {
      const { executions } = await begin({ database });
      for (const each of executions)
        log.info(each.outcome === 'started' ? `${each.name}: started` : `${each.name}: somebody asked for it in the same second; waiting for that one`);
      return executions;
    },
    startUnlessUnderWay: async (database) => startReserved(database, await carryOut({ action: 'reserve', database }), begin),
    backupOf: async (execution) => {
      const { error } = await ended({ carryOut, signal, log }, execution);
      if (error) throw errorFrom(error.name, error.message);
      const { database, name: id } = execution;
      for await (const backup of itemsOf((page) => carryOut({ action: 'list', database, all: true, ...page }), usualLimit)) if (backup.id === id) return backup;
      throw new UnexpectedError(`${id} succeeded but is not in the catalogue`);
    },
    download: async (backup) => {
      const { url, ...link } = (await call('SignFunction', { backup, by })) as SignOutput;
      const { size, bytes } = await downloadPresigned(url, link, signal);
      return { ...link, bytes: verified(bytes, size, { ...link, key: link.file }) };
    },
    link: async (backup) => (await call('SignFunction', { backup, by })) as SignOutput,
    files: async (backup) => (await call('SignFunction', { backup, by, whole: true })) as SignedFiles,
    verify: async (backup) => {
      const order = await carryOut({ action: 'askToVerify', backup });
      await call('StartFunction', { order: 'verify', ...order, requestedBy: by });
      return order;
    },
    restoresTables: false,
    restore: async ({ force, withRoles, withoutFlawed, tables = [], ...order }) => {
      if (tables.length > 0) throw new ConfigurationError('a stack restores whole backups; leave the tables out, or restore them on one machine');
      return restoreWith(order, { force, withRoles, withoutFlawed });
    },
    restoreWith,
    restoredBy: (order) => restoredBy({ carryOut, signal, log }, order),
    proofOf: (order) => proofOf({ carryOut, signal, log }, order),
    live: ({ progress, ...orders }) => (progress ? liveOf(progress, systemClock.now()) : liveOfOrders(orders, systemClock.now())),
    testAlert: async () => ((await call('WatchFunction', { test: true })) as { delivered: Delivered[] }).delivered,
    sweep: async (dryRun) => (await call('SweepFunction', { by, dryRun })) as SweepOutput,
    rebuild: async ({ takeOver, beginAgain }) => {
      if (takeOver) throw new ConfigurationError('a stack has a vault of its own, which no machine can take over; leave --take-over out');
      return (await call('SweepFunction', { by, rebuild: true, beginsAgain: beginAgain })) as RebuildOutput;
    },
    locate: (key) => `s3://${bucket}/${key}`,
  };
}

type Waiting = Pick<Home, 'carryOut'> & Pick<StackOptions, 'signal' | 'log'>;

/** Waits for an order, and returns its backup as it is then. Throws the error because of which it could not be done. */
async function untilEnded({ carryOut, signal }: Waiting, { backup: id, at }: TakenDown, note: OrderNote): Promise<Backup> {
  for (let pause = firstPause; ; pause = Math.min(pause * growth, longestPause)) {
    await setTimeout(pause, undefined, { signal });
    const { backup } = await carryOut({ action: 'run', run: id });
    const order = backup?.[note];
    if (order?.startedAt === at && !isOver(order, systemClock.now())) continue;
    if (order?.error) throw errorFrom(order.error.name, order.error.message);
    if (backup && order?.endedAt !== undefined) return backup;
    throw new UnexpectedError(`the order on ${id} ended without recording a result; look at its execution in Step Functions`);
  }
}

async function proofOf(waiting: Waiting, order: TakenDown): Promise<Proof> {
  waiting.log.info(`${order.backup}: proving by restoring`);
  const { id } = await untilEnded(waiting, order, 'verifying');
  const proof = (await waiting.carryOut({ action: 'show', backup: id })).files?.proof;
  if (!proof) throw new UnexpectedError(`the proof of ${id} was recorded, but is not in the vault`);
  return proof;
}

async function restoredBy(waiting: Waiting, order: TakenDown): Promise<RestoreOutput> {
  waiting.log.info(`${order.backup}: restoring`);
  const { id, restoring } = await untilEnded(waiting, order, 'restoring');
  if (!restoring?.restored) throw new UnexpectedError(`the restore of ${id} ended, but what it restored was not recorded`);
  return { backup: id, ...restoring.restored, ...(restoring.kept !== undefined && { kept: restoring.kept }) };
}

/** Returns the run, once it has ended. */
async function ended({ carryOut, signal, log }: Waiting, { database, name: id }: Execution): Promise<Run> {
  const giveUp = performance.now() + longestUnrecorded;
  let attempts = 0;
  for (let pause = firstPause; ; pause = Math.min(pause * growth, longestPause)) {
    await setTimeout(pause, undefined, { signal });
    const run = (await carryOut({ action: 'runs', database })).items.find((each) => each.id === id);
    if (run && run.status !== 'running') return run;
    if (run && run.attempts > attempts) log.info(`${id}: dumping ${database} (attempt ${run.attempts})`);
    attempts = run?.attempts ?? 0;
    if (run?.progress && run.progress.step !== 'dumped') log.progress({ run: id, ...run.progress, step: run.progress.step });
    if (!run && performance.now() > giveUp)
      throw new UnexpectedError(`${id} was started, but no function has recorded it; look at its execution in Step Functions`);
  }
}
