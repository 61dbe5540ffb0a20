import type { Author } from '../../catalogue/audit.ts';
import { itemsOf } from '../../catalogue/page.ts';
import { databaseOf } from '../../config/database-of.ts';
import { readManifest } from '../../documents/manifest.ts';
import { RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { acceptIdentity } from '../keeping/identities.ts';
import { refuseStranger } from '../keeping/ownership.ts';

export interface Accepted {
  database: string;
  /** Mark of the source whose backups count from now on. */
  mark: string;
}

export interface AcceptInput {
  database: string;
  /** Backup whose source is meant, which somebody has seen. @default the newest one */
  backup?: string | undefined;
}

/**
 * Accepts the source to which a database's name leads now, after it has changed, and rotates: its backups count with
 * those from before. Throws RefusedError if the newest backup is of a source that counts already, or of another one
 * than the backup that is meant.
 */
export async function accept(platform: With<'vault' | 'catalogue' | 'rotation'>, { database, backup, by, claimed }: AcceptInput & Author): Promise<Accepted> {
  const { catalogue, clock, rotation, vault } = platform;
  databaseOf(platform, database);
  await refuseStranger(platform);
  const newest = await newestOf(platform, database);
  const { identity } = newest?.stranger === undefined ? {} : await readManifest(vault, newest.manifest);
  if (!identity)
    throw new RefusedError(`there is nothing to accept: the newest backup of ${database} is of the database that it always was, or of one that was accepted`);
  const meant = backup === undefined ? newest : await catalogue.backups.get(backup);
  if (meant?.stranger !== newest?.stranger)
    throw new RefusedError(`the newest backup of ${database}, ${newest?.id}, is of another database than ${backup}: ${identity.mark}. Look at it first`);
  await acceptIdentity(platform, database, identity, by);
  await catalogue.audit.append({ at: clock.now().toISOString(), by, claimed, action: 'source-accepted', subject: database, detail: identity.mark });
  await rotation.rotate({ database, by, claimed });
  return { database, mark: identity.mark };
}

async function newestOf({ catalogue }: With<'catalogue'>, database: string) {
  for await (const backup of itemsOf((page) => catalogue.backups.list({ database, ...page }))) if (backup.status === 'published') return backup;
  return undefined;
}
