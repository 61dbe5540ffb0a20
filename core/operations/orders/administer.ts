import type { Author } from '../../catalogue/audit.ts';
import { type Backup, neededKeys } from '../../catalogue/backups.ts';
import { RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { noteHold, withHoldKey } from '../keeping/holds.ts';
import { noteStanding } from '../keeping/standing.ts';
import { findBackup } from './find-backup.ts';
import { auditingRefusals } from './refusals.ts';

export interface AdministerInput extends Author {
  backup: string;
}

/** Orders that a backup is never retired, until `release`. */
export const hold = auditingRefusals(
  'hold',
  (platform: With<'vault' | 'catalogue'>, { reason, ...input }: AdministerInput & { reason: string }): Promise<Backup> => {
    const since = platform.clock.now().toISOString();
    return administer(platform, input, 'held', reason, (found) => {
      if (found.status !== 'published')
        throw new RefusedError(
          `${found.id} is ${found.status}; only a published backup can be held${found.status === 'retired' ? ': bring it back first (unretire)' : ''}`,
        );
      return { ...found, hold: { by: input.by, since, reason } };
    });
  },
);

/** Removes a hold; the next rotation treats the backup like any other. */
export const release = auditingRefusals('release', (platform: With<'vault' | 'catalogue'>, input: AdministerInput): Promise<Backup> => {
  return administer(platform, input, 'released', '', ({ hold: held, ...found }) => {
    if (!held) throw new RefusedError(`${found.id} is not held`);
    return found;
  });
});

/**
 * Brings a retired backup back, the manifest last. It comes back with a hold, because the next rotation would retire it
 * again. The hold is set before the objects are brought back, so that no clean-up retires them in between. Anything
 * visible under the keys of a retired backup is not its own, and is hidden first. Throws ObjectMissingError if its
 * objects are gone, ObjectExistsError if something else is put in their place meanwhile.
 */
export const unretire = auditingRefusals(
  'unretire',
  async (platform: With<'vault' | 'catalogue' | 'rotation'>, { backup, ...author }: AdministerInput): Promise<Backup> => {
    const { catalogue, clock, rotation, vault } = platform;
    const found = await findBackup(platform, backup);
    if (found.status === 'published') throw new RefusedError(`${found.id} is not retired`);
    if (found.status === 'retired') await rotation.clear({ clear: found.id });
    const hold = { by: author.by, since: clock.now().toISOString(), reason: 'brought back' };
    await catalogue.backups.change(found.id, (record) => ({ ...record, hold }));
    try {
      for (const key of [...neededKeys(found), found.manifest]) await vault.bringBack(key);
    } catch (error) {
      await catalogue.backups.change(found.id, ({ hold: _, ...record }) => record);
      throw error;
    }
    return administer(platform, { backup: found.id, ...author }, 'brought-back', '', ({ retiredAt: _, objects: { holds: _retired, ...objects }, ...rest }) => ({
      ...rest,
      objects,
      status: 'published',
      hold,
    }));
  },
);

/**
 * Changes a backup's record, and writes first beside its manifest whether it is held. `change` throws RefusedError
 * before anything is written.
 */
async function administer(
  { catalogue, clock, vault, ...platform }: With<'vault' | 'catalogue'>,
  { backup, by, claimed }: AdministerInput,
  action: 'held' | 'released' | 'brought-back',
  detail: string,
  change: (backup: Backup) => Backup,
): Promise<Backup> {
  const found = await findBackup({ catalogue, clock, ...platform }, backup);
  const { id } = found;
  const { hold: held } = change(found);
  const at = clock.now().toISOString();
  const key = await noteHold({ vault }, found, { state: held ? 'held' : 'released', by, at: held?.since ?? at, reason: held?.reason ?? '' });
  const changed = await catalogue.backups.change(id, (record) => withHoldKey(change(record), key));
  if (!changed) throw new RefusedError(`${id} was removed meanwhile`);
  await noteStanding({ catalogue }, changed.database);
  await catalogue.audit.append({ at, by, claimed, action, subject: id, detail });
  return changed;
}
