import type { Author } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { databaseOf } from '../../config/database-of.ts';
import type { With } from '../../platform.ts';
import type { RotateOutput } from '../../workflow/rotation.ts';
import { accept } from './accept.ts';
import { noteAccess } from './access.ts';
import { hold, release, unretire } from './administer.ts';
import { agenda } from './agenda.ts';
import { listAudit, verifyAudit } from './audit.ts';
import { changes } from './changes.ts';
import { listTargets } from './declared-target.ts';
import { diff } from './diff.ts';
import { findBackup } from './find-backup.ts';
import { listIncidents } from './incidents.ts';
import { listBackups, listNames, listRuns, planned } from './list.ts';
import { overview } from './overview.ts';
import { auditingRefusals } from './refusals.ts';
import { reserve } from './reserve.ts';
import { askToRestore } from './restore-apart.ts';
import { searchBackups } from './search.ts';
import { show, showRun } from './show.ts';
import { status } from './status.ts';
import { usual } from './usual.ts';
import { askToVerify } from './verify-apart.ts';

/** Retires one backup by the port of rotation. Throws UnknownNameError, and RefusedError as that says. */
const retire = auditingRefusals(
  'retire',
  async (platform: With<'catalogue' | 'rotation'>, { backup, by, claimed }: { backup: string } & Author): Promise<Backup> => {
    const { id } = await findBackup(platform, backup);
    return platform.rotation.retire({ backup: id, by, claimed });
  },
);

/**
 * Orders of an administrator, by the name of the action. `backup` is an id, or a database's name for its newest good
 * one; no `database` means all.
 */
const operations = {
  names: listNames,
  targets: listTargets,
  list: listBackups,
  search: searchBackups,
  runs: listRuns,
  run: showRun,
  plan: planned,
  show,
  status,
  changes,
  diff,
  overview,
  usual,
  incidents: listIncidents,
  agenda,
  audit: listAudit,
  verifyAudit,
  hold,
  release,
  retire,
  unretire,
  rotate: rotateAll,
  accept,
  reserve,
  askToVerify,
  askToRestore,
  access: noteAccess,
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
