import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import { type Backup, isGood, keysBeside } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import type { Database } from '../../config/config.ts';
import { databaseOf } from '../../config/database-of.ts';
import { RefusedError, UnknownNameError } from '../../errors.ts';
import { holdNumber, isReplacedName, runIdOfKey, stemOfManifestKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import { type Decision, explain, planRetention } from '../../policy/retention.ts';
import type { Listed } from '../../vault/vault.ts';
import type { ClearInput, RetireInput, RotateInput, RotateOutput } from '../../workflow/rotation.ts';
import { holdAmong } from './holds.ts';
import { settleIdentities } from './identities.ts';
import { endIncident } from './incident.ts';
import { refuseStranger } from './ownership.ts';
import { alteredAmong, reportAltered } from './records.ts';
import { endMissingWhenNone, endRefutedWhenNone, reportMissing } from './soundness.ts';
import { noteStanding } from './standing.ts';

function backupsOf({ catalogue }: With<'catalogue'>, database: string): Promise<Backup[]> {
  return all((page) => catalogue.backups.list({ database, ...page }));
}

/** Plans the rotation of a database, without retiring anything. */
export async function planRotation(platform: With<'catalogue'>, database: string): Promise<Decision[]> {
  return planned(platform, database, await backupsOf(platform, database));
}

function planned(platform: With<'catalogue'>, database: string, backups: Backup[]): Decision[] {
  return planRetention(backups, keepOf(platform, database), platform.config.timeZone, platform.clock.now());
}

/** Replaced databases are kept five at a time, apart from those of the schedule. */
export const replacedKeep = { last: 5, weekly: 0, monthly: 0, yearly: 0 } as const;

/** Returns the numbers of backups to keep, also of a database that a restore has replaced and nobody configures. */
function keepOf(platform: Pick<With<never>, 'config'>, database: string): Database['keep'] {
  const isReplaced = isReplacedName(database) && !Object.hasOwn(platform.config.databases, database);
  return isReplaced ? replacedKeep : databaseOf(platform, database).keep;
}

/** Retires the backups that the policy no longer keeps. Idempotent; the next rotation finishes after a failure. */
export async function rotate(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, { database, ...author }: RotateInput): Promise<RotateOutput> {
  await refuseStranger(platform);
  const objects = await platform.vault.list(`${database}/`);
  const backups = await backupsOf(platform, database);
  await finishRetiring(platform, backups, objects);
  const lost = await reportMissing(platform, backups, objects); // lost backups must not count
  await settleIdentities(platform, database, backups);
  const isSettled = backups.every(({ status, stranger }) => status !== 'missing' && stranger === undefined) && lost.length === 0;
  const plan = planned(platform, database, isSettled ? backups : await backupsOf(platform, database));
  const retired: RotateOutput['retired'] = [];
  for (const { backup, keep, reason } of plan) {
    if (keep || (await isHeldInVault(platform, backup, objects)) || !(await retire(platform, backup.id, author, explain(reason)))) continue;
    retired.push({ backup: backup.id, reason: explain(reason) });
  }
  if (!isSettled) await letGo(platform, database, objects, author);
  const { incidents } = await noteStanding(platform, database);
  await endIncident(platform, database, 'rotation-failed');
  if (incidents.some(({ kind }) => kind === 'backup-refuted')) await endRefutedWhenNone(platform, database);
  if (incidents.some(({ kind }) => kind === 'backup-missing')) await endMissingWhenNone(platform, database);
  return { kept: plan.length - retired.length, retired };
}

/** Retires the records of backups that the vault has lost and that the policy would no longer keep if it had not. */
async function letGo(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, database: string, objects: Listed[], author: Author): Promise<void> {
  const backups = await backupsOf(platform, database);
  const lost = new Set(backups.filter(({ status }) => status === 'missing').map(({ id }) => id));
  if (lost.size === 0) return;
  const asIfThere = backups.map((backup): Backup => (lost.has(backup.id) ? { ...backup, status: 'published' } : backup));
  for (const { backup, keep, reason } of planned(platform, database, asIfThere))
    if (lost.has(backup.id) && !keep && !(await isHeldInVault(platform, backup, objects))) await retire(platform, backup.id, author, explain(reason));
}

/**
 * Returns true if the newest order beside a backup holds it, though its record does not. Then the record was altered,
 * which opens an incident.
 */
async function isHeldInVault(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, backup: Backup, objects: Listed[]): Promise<boolean> {
  const stem = stemOfManifestKey(backup.manifest);
  const orders = objects.map(({ key }) => key).filter((key) => key.startsWith(`${stem}.`) && holdNumber(key) > 0);
  if ((await holdAmong(platform, orders)) === undefined) return false;
  platform.log.warn(`${backup.id}: is not retired, because an order in the vault holds it, though its record does not`);
  await reportAltered(platform, await alteredAmong(platform, [backup]));
  return true;
}

/** Retires one backup by an administrator's order, as the port says. */
export async function retireByOrder(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, { backup: id, ...author }: RetireInput): Promise<Backup> {
  await refuseStranger(platform);
  const found = await platform.catalogue.backups.get(id);
  if (!found) throw new UnknownNameError(`there is no backup ${JSON.stringify(id)}`);
  if (found.status === 'retired') throw new RefusedError(`${id} is retired already`);
  if (found.hold) throw new RefusedError(`${id} is held by ${found.hold.by}; release it first`);
  const others = (await backupsOf(platform, found.database)).filter((each) => isGood(each) && each.stranger === undefined && each.id !== id);
  if (isGood(found) && others.length === 0) throw new RefusedError(`${id} is the only good backup of ${found.database}; make another first`);
  if (!(await retire(platform, id, author, detailText({ about: 'by-order' })))) throw new RefusedError(`${id} was held or retired meanwhile`);
  await noteStanding(platform, found.database);
  await endRefutedWhenNone(platform, found.database);
  await endMissingWhenNone(platform, found.database);
  return (await platform.catalogue.backups.get(id)) ?? found;
}

/** Hides what lies under the keys of a retired backup, as the port says. One that is held is being brought back. */
export async function clearRetired(platform: With<'vault' | 'catalogue'>, { clear: id }: ClearInput): Promise<void> {
  const found = await platform.catalogue.backups.get(id);
  if (!found) return;
  const there = await platform.vault.list(found.manifest.slice(0, found.manifest.lastIndexOf('/') + 1));
  await finishRetiring(platform, [found], there);
}

/**
 * Retires a backup: first the record, unless somebody held it meanwhile, then the objects. The audit log has it before
 * the objects go: a retirement that is cut off is finished by others. Returns true if it was retired.
 */
async function retire(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, id: string, { by, claimed }: Author, why: string): Promise<boolean> {
  const { catalogue, clock, log } = platform;
  const at = clock.now().toISOString();
  const after = await catalogue.backups.change(id, (backup) =>
    backup.hold || backup.status === 'retired' ? undefined : { ...backup, status: 'retired', retiredAt: at },
  );
  if (after?.status !== 'retired') return false;
  await catalogue.audit.append({ at, by, claimed, action: 'retired', subject: id, detail: why });
  await retireObjects(platform, after);
  log.info(`${id}: retired (${why})`, { backup: id });
  return true;
}

/** Finishes retirements that were cut off between the record and its objects. A held backup is being brought back. */
export async function finishRetiring(platform: With<'vault'>, backups: Backup[], objects: Listed[]): Promise<void> {
  const there = new Set(objects.map(({ key }) => key));
  for (const backup of backups)
    if (backup.status === 'retired' && !backup.hold && [backup.manifest, ...keysBeside(backup)].some((key) => there.has(key)))
      await retireObjects(platform, backup);
}

/**
 * Retires the objects, the manifest first: from then on it is no backup, whatever happens to the rest. Leaves keys of
 * other backups alone, which an altered record may name.
 */
async function retireObjects({ vault }: With<'vault'>, backup: Pick<Backup, 'id' | 'manifest' | 'objects'>): Promise<void> {
  for (const key of [backup.manifest, ...keysBeside(backup)]) if (runIdOfKey(key) === backup.id) await vault.retire(key);
}
