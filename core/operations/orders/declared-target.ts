import type { Author } from '../../catalogue/audit.ts';
import type { Target } from '../../config/config.ts';
import type { EngineName } from '../../engines/cards.ts';
import { ConfigurationError, RefusedError } from '../../errors.ts';
import type { Platform, With } from '../../platform.ts';
import { findBackup } from './find-backup.ts';
import { auditingRefusals } from './refusals.ts';
import type { RestoreInput } from './restore.ts';

/** Order for a restore into a target of the configuration. */
export interface RestoreToInput extends Omit<RestoreInput, 'into'> {
  /** Name of the target. */
  to: string;
  /** Name of the backup's database, as a person has typed it once more. */
  confirmed: string;
}

/** Lists the declared targets, without their addresses. */
export async function listTargets({ config }: With<never>, _: object): Promise<{ name: string; engine: EngineName }[]> {
  return Object.entries(config.targets).map(([name, { engine }]) => ({ name, engine }));
}

/** Returns a declared target. Throws ConfigurationError, with the declared names, if there is none. */
export function targetOf({ config: { targets } }: Pick<Platform, 'config'>, name: string): Target {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (!target)
    throw new ConfigurationError(
      `no target is called ${JSON.stringify(name)}; ${Object.keys(targets).length > 0 ? `declared: ${Object.keys(targets).join(', ')}` : 'declare it under "targets" in the configuration'}`,
    );
  return target;
}

/**
 * Finds a backup that is to be restored into a declared target. Throws UnknownNameError or ConfigurationError, and
 * RefusedError, which is audited, if it is not published, is of another engine, or another database's name was typed.
 */
export const toBeRestored = auditingRefusals(
  'restore',
  async (platform: With<'catalogue'>, { backup, confirmed, to }: Pick<RestoreToInput, 'backup' | 'confirmed' | 'to'> & Author) => {
    const target = targetOf(platform, to);
    const found = await findBackup(platform, backup);
    if (found.status !== 'published')
      throw new RefusedError(`${found.id} is ${found.status}${found.status === 'retired' ? '; bring it back first (unretire)' : ''}`);
    if (found.engine !== target.engine)
      throw new RefusedError(`${found.id} is of the engine ${found.engine}, and the target ${to} of ${target.engine}; nothing was changed`);
    if (confirmed !== found.database)
      throw new RefusedError(
        `the name of the database was not confirmed: type ${found.database} to restore it into ${to} (with a command: --yes ${found.database}); nothing was changed`,
      );
    return { found, target };
  },
);
