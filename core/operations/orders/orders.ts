import type { Author } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { databaseOf } from '../../config/database-of.ts';
import type { With } from '../../platform.ts';
import type { RotateOutput } from '../../workflow/rotation.ts';
import { findBackup } from './find-backup.ts';
import { auditingRefusals } from './refusals.ts';

/** Retires one backup by the port of rotation. Throws UnknownNameError, and RefusedError as that says. */
const retire = auditingRefusals(
  'retire',
  async (platform: With<'catalogue' | 'rotation'>, { backup, by, claimed }: { backup: string } & Author): Promise<Backup> => {
    const { id } = await findBackup(platform, backup);
    return platform.rotation.retire({ backup: id, by, claimed });
  },
);

const listing = () => import('./list.ts');
const showing = () => import('./show.ts');
const auditing = () => import('./audit.ts');
const administering = () => import('./administer.ts');

/** Ways to load the modules of all operations. */
const loads: (() => Promise<unknown>)[] = [];

/**
 * Orders of an administrator, by the name of the action. `backup` is an id, or a database's name for its newest good
 * one; no `database` means all.
 */
const operations = {
  names: whenAsked(listing, 'listNames'),
  targets: whenAsked(() => import('./declared-target.ts'), 'listTargets'),
  list: whenAsked(listing, 'listBackups'),
  search: whenAsked(() => import('./search.ts'), 'searchBackups'),
  runs: whenAsked(listing, 'listRuns'),
  run: whenAsked(showing, 'showRun'),
  plan: whenAsked(() => import('./plan.ts'), 'planned'),
  show: whenAsked(showing, 'show'),
  status: whenAsked(() => import('./status.ts'), 'status'),
  changes: whenAsked(() => import('./changes.ts'), 'changes'),
  diff: whenAsked(() => import('./diff.ts'), 'diff'),
  overview: whenAsked(() => import('./overview.ts'), 'overview'),
  usual: whenAsked(() => import('./usual.ts'), 'usual'),
  incidents: whenAsked(() => import('./incidents.ts'), 'listIncidents'),
  agenda: whenAsked(() => import('./agenda.ts'), 'agenda'),
  audit: whenAsked(auditing, 'listAudit'),
  verifyAudit: whenAsked(auditing, 'verifyAudit'),
  hold: whenAsked(administering, 'hold'),
  release: whenAsked(administering, 'release'),
  retire,
  unretire: whenAsked(administering, 'unretire'),
  rotate: rotateAll,
  accept: whenAsked(() => import('./accept.ts'), 'accept'),
  reserve: whenAsked(() => import('./reserve.ts'), 'reserve'),
  askToVerify: whenAsked(() => import('./ask-to-verify.ts'), 'askToVerify'),
  askToRestore: whenAsked(() => import('./ask-to-restore.ts'), 'askToRestore'),
  access: whenAsked(() => import('./access.ts'), 'noteAccess'),
};

export type Action = keyof typeof operations;
/** An order as it travels: `{ action: 'hold', backup, by, reason }`. */
export type Order<Name extends Action = Action> = { [Each in Name]: { action: Each } & Omit<Parameters<(typeof operations)[Each]>[1], keyof Author> }[Name];
export type Answer<Name extends Action = Action> = Awaited<ReturnType<(typeof operations)[Name]>>;

/** Ports that carry out orders. */
export type AdministeredPlatform = With<'vault' | 'catalogue' | 'rotation'>;

/** Carries out an order of `author`: on one machine at once, on AWS in the function `administer`. */
export function carryOut<Name extends Action>(platform: AdministeredPlatform, order: Order<Name>, author: Author): Promise<Answer<Name>> {
  const operation = operations[order.action] as unknown as (platform: AdministeredPlatform, order: Order<Name> & Author) => Promise<Answer<Name>>;
  return operation(platform, { ...order, ...author });
}

/** Loads the code of all operations now. */
export async function loadOperations(): Promise<void> {
  await Promise.all(loads.map((load) => load()));
}

/** Rotates one database, or all. A failure in one does not stop the others; its error is thrown at the end. */
async function rotateAll({ config, log, rotation }: With<'rotation'>, { database, by, claimed }: { database?: string | undefined } & Author) {
  if (database !== undefined) databaseOf({ config }, database);
  const answers: (RotateOutput & { database: string })[] = [];
  const errors: Error[] = [];
  for (const each of database === undefined ? Object.keys(config.databases) : [database])
    await rotation.rotate({ database: each, by, claimed }).then(
      (answer) => answers.push({ database: each, ...answer }),
      (error: Error) => errors.push(error),
    );
  for (const { message } of errors.slice(1)) log.error(message);
  if (errors[0]) throw errors[0];
  return answers;
}

/** Returns an operation of a module that is loaded when the operation is first asked for: a command gives one order. */
function whenAsked<Module extends Record<Name, Operation>, Name extends string>(load: () => Promise<Module>, name: Name): Module[Name] {
  loads.push(load);
  return (async (...given: never[]) => (await load())[name](...given)) as Module[Name];
}

type Operation = (...given: never[]) => unknown;
