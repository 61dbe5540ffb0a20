import { type Backup, isGood } from '../../catalogue/backups.ts';
import { UnknownNameError } from '../../errors.ts';
import type { With } from '../../platform.ts';

/** Finds the backup of that id; for a database's name, its newest good one. Throws UnknownNameError. */
export async function findBackup({ catalogue, config }: With<'catalogue'>, name: string): Promise<Backup> {
  const found = await catalogue.backups.get(name);
  if (found) return found;
  const ofDatabase = await catalogue.backups.list(name);
  const newest = ofDatabase.find(isGood);
  if (newest) return newest;
  if (ofDatabase.length > 0 || Object.hasOwn(config.databases, name)) throw new UnknownNameError(`database ${name} has no good backup yet`);
  throw new UnknownNameError(`there is no backup ${JSON.stringify(name)}; "sauvegarde list" shows the known ones`);
}
