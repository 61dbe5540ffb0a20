import { type Backup, isGood } from '../../catalogue/backups.ts';
import { itemsOf, usualLimit } from '../../catalogue/page.ts';
import { UnknownNameError } from '../../errors.ts';
import type { With } from '../../platform.ts';

/** Finds the backup of that id; for a database's name, its newest good one. Throws UnknownNameError. */
export async function findBackup({ catalogue, config }: With<'catalogue'>, name: string): Promise<Backup> {
  const found = await catalogue.backups.get(name);
  if (found) return found;
  let hasAny = false;
  for await (const backup of itemsOf((page) => catalogue.backups.list({ database: name, ...page }), usualLimit)) {
    if (isGood(backup)) return backup;
    hasAny = true;
  }
  if (hasAny || Object.hasOwn(config.databases, name)) throw new UnknownNameError(`database ${name} has no good backup yet`);
  throw new UnknownNameError(`there is no backup ${JSON.stringify(name)}`);
}
