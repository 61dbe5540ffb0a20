import { basename } from 'node:path';
import type { Author } from '../core/catalogue/audit.ts';
import { errorFrom, RefusedError } from '../core/errors.ts';
import type { Home } from '../core/operations/orders/home.ts';
import { liveOf } from '../core/operations/orders/live.ts';
import { carryOut, loadOperations } from '../core/operations/orders/orders.ts';
import { startReserved } from '../core/operations/orders/reserve.ts';
import { type Execution, type StartInput, start } from '../core/operations/orders/start.ts';
import { reasonOfFailure } from '../core/workflow/execution.ts';
import type { LocalPlatform } from './open-platform.ts';
import { executionOf } from './presence.ts';
import { UnderWay } from './under-way.ts';

export interface MachineOptions {
  author: Author;
  signal: AbortSignal;
  /** Work of this process. @default nothing is known of it */
  underWay?: UnderWay;
}

/** Modules that one order or another needs, each of which is loaded when it is first needed. */
const loads = {
  download: () => import('../core/operations/orders/restore.ts'),
  toBeVerified: () => import('../core/operations/orders/to-be-verified.ts'),
  verify: () => import('../core/operations/orders/verify.ts'),
  toBeRestored: () => import('../core/operations/orders/declared-target.ts'),
  restoreTo: () => import('../core/operations/orders/restore-to.ts'),
  testAlert: () => import('../core/operations/orders/test-alert.ts'),
  sweep: () => import('../core/operations/keeping/sweep.ts'),
  rebuild: () => import('../core/operations/keeping/rebuild.ts'),
  takeOver: () => import('../core/operations/keeping/ownership.ts'),
  recover: () => import('./recover.ts'),
};

/** Loads everything that orders to this machine need. */
export async function loadHome(): Promise<void> {
  await Promise.all([loadOperations(), ...Object.values(loads).map((load) => load())]);
}

/** Makes the home of this machine, with its vault and its catalogue. Its executions end with the process. */
export function machine(platform: LocalPlatform, { author, signal, underWay = new UnderWay() }: MachineOptions): Home {
  return {
    timeZone: platform.config.timeZone,
    carryOut: (order) => carryOut(platform, order, author),
    start: async (database) => {
      const { executions } = await start(platform, { database, ...requestOf(author) });
      return Promise.all(executions.map((execution) => untilStarted(platform, execution, author, signal)));
    },
    startUnlessUnderWay: (database) => startUnlessUnderWay(platform, database, author),
    backupOf: async ({ name }) => {
      const end = await platform.executions.ended(name);
      if (end.status !== 'SUCCEEDED') {
        const reason = reasonOfFailure({ Error: end.error ?? '', Cause: end.cause ?? '' }, end.status);
        throw errorFrom(reason.name, reason.message);
      }
      const backup = await platform.catalogue.backups.get(end.name);
      if (!backup) throw errorFrom('UnexpectedError', `${end.name} succeeded but is not in the catalogue`);
      return backup;
    },
    download: async (backup) => {
      const { download } = await loads.download();
      const { manifest, bytes } = await download(platform, { backup, ...author });
      const { key, size, sha256 } = manifest.dump;
      return { backup: manifest.id, file: basename(key), size, sha256, bytes };
    },
    verify: async (backup) => {
      const [{ toBeVerified }, { verify }] = await Promise.all([loads.toBeVerified(), loads.verify()]);
      const { id } = await toBeVerified(platform, { backup, ...author });
      underWay.begin('verify', id, () => verify(platform, { backup: id, ...author }, signal));
      return { backup: id, at: platform.clock.now().toISOString() };
    },
    restoresTables: true,
    restore: async ({ backup, withoutFlawed = false, ...order }) => {
      const [{ toBeRestored }, { restoreTo }] = await Promise.all([loads.toBeRestored(), loads.restoreTo()]);
      const { found } = await toBeRestored(platform, { backup, ...order, ...author });
      const accepting = withoutFlawed ? { tolerant: true, accept: async () => true } : {};
      const input = { backup: found.id, ...order, ...accepting, ...author, executionOf: (run: string) => executionOf(platform.presence.id, run) };
      if (!underWay.begin('restore', found.id, () => restoreTo(platform, input, signal)))
        throw new RefusedError(`${found.id} is being proven or restored; wait until that has ended`);
      return { backup: found.id, at: platform.clock.now().toISOString() };
    },
    live: ({ id, progress }) => underWay.of(id) ?? (progress && liveOf(progress, platform.clock.now())),
    testAlert: async () => (await loads.testAlert()).testAlert(platform),
    sweep: async (dryRun) => (await loads.sweep()).sweepAndTell(platform, { ...author, dryRun }),
    rebuild: async ({ takeOver: takesOver, beginAgain: beginsAgain }) => {
      const [{ rebuildByOrder }, { takeOver }] = await Promise.all([loads.rebuild(), loads.takeOver()]);
      const before = takesOver ? await takeOver(platform, author) : undefined;
      return { ...(await rebuildByOrder(platform, { ...author, beginsAgain })), ...(before !== undefined && { takenOverFrom: before }) };
    },
    locate: (key) => platform.vault.locate(key),
  };
}

function requestOf({ by, claimed }: Author): Pick<StartInput, 'requestedBy' | 'claimed'> {
  return { requestedBy: by, claimed };
}

/** Starts a backup of a database that is not being backed up, here or by another process of this machine. */
async function startUnlessUnderWay(platform: LocalPlatform, database: string, author: Author): Promise<Execution> {
  const { recover } = await loads.recover();
  await recover(platform); // the run of a killed process is not under way
  const waiting = platform.executions.underWay(database);
  const reserved = waiting === undefined ? await carryOut(platform, { action: 'reserve', database }, author) : { underWay: waiting };
  return startReserved(database, reserved, (asked) => start(platform, { ...asked, ...requestOf(author) }));
}

/** Repeats a request whose second is taken (two requests in a second, a clock set back) until a second is free. */
async function untilStarted(platform: LocalPlatform, execution: Execution, author: Author, signal: AbortSignal): Promise<Execution> {
  const { clock } = platform;
  let asked = execution;
  while (asked.outcome === 'exists') {
    await clock.sleep(1000 - (clock.now().getTime() % 1000), signal);
    const { executions } = await start(platform, { database: execution.database, ...requestOf(author) });
    asked = executions[0] ?? asked;
  }
  return asked;
}
