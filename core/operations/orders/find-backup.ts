import { type Backup, isGood, isOfFuture } from '../../catalogue/backups.ts';
import { itemsOf, usualLimit } from '../../catalogue/page.ts';
import { shortened } from '../../documents/shortened.ts';
import { RefusedError, UnknownNameError } from '../../errors.ts';
import type { With } from '../../platform.ts';

/**
 * Finds the backup of that id, or of the only id that begins so; for a database's name, its newest good one. Throws
 * UnknownNameError, and RefusedError if that is older than one of another database under the name.
 */
export async function findBackup({ catalogue, clock, config, log }: With<'catalogue'>, name: string): Promise<Backup> {
  const found = await catalogue.backups.get(name);
  if (found) return found;
  const [ahead, strangers]: [Backup[], Backup[]] = [[], []];
  let hasAny = false;
  for await (const backup of itemsOf((page) => catalogue.backups.list({ database: name, ...page }), usualLimit)) {
    hasAny = true;
    if (!isGood(backup)) continue;
    if (isOfFuture(backup, clock.now())) ahead.push(backup);
    else if (backup.stranger !== undefined) strangers.push(backup);
    else return own(backup, strangers);
  }
  const [least] = [...ahead, ...strangers];
  if (least) {
    if (ahead.length > 0) log.warn(`${least.id} is dated in the future: the clock was wrong when it was made, or is wrong now`);
    return least;
  }
  if (hasAny || Object.hasOwn(config.databases, name)) throw new UnknownNameError(`database ${name} has no good backup yet`);
  const alike: Backup[] = [];
  for await (const backup of itemsOf((page) => catalogue.backups.list(page), usualLimit))
    if (backup.id.startsWith(name) && name.length > backup.database.length + 1) alike.push(backup);
  const [only] = alike;
  if (only && alike.length === 1) return only;
  if (only) throw new UnknownNameError(`${alike.length} backups begin with ${JSON.stringify(name)}: ${shortened(alike.map(({ id }) => id)).join(', ')}`);
  throw new UnknownNameError(`there is no backup ${JSON.stringify(name)}`);
}

/** Returns the database's own newest backup, unless there are newer ones of another database under its name. */
function own(backup: Backup, [stranger]: readonly Backup[]): Backup {
  if (!stranger) return backup;
  throw new RefusedError(
    `the newest backup under the name ${backup.database}, ${stranger.id}, is of another database (${stranger.stranger}) than ${backup.id} before it: name the one that you mean; "sauvegarde accept ${backup.database}" makes them one`,
  );
}
