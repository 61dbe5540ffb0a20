import type { Config } from '../core/config/config.ts';
import { clientFolders, type FolderName, serverFolders } from '../core/programs/folders.ts';

/** Folders of programs that each function gets. */
export interface Programs<Folder> {
  readonly dump: readonly Folder[];
  /** For proofs of PostgreSQL and MariaDB. */
  readonly prove: readonly Folder[];
  /** For proofs of MySQL; empty if no database can be MySQL. */
  readonly proveMysql: readonly Folder[];
}

/**
 * Chooses the programs for the engines of a configuration. Only a server itself says whether it is MySQL or MariaDB, so
 * such a configuration gets both. All servers together exceed the 250 MB that Lambda unpacks for a function (developer
 * guide, "Lambda quotas"), so MySQL has a function of its own.
 */
export function programsFor({ databases }: Pick<Config, 'databases'>): Programs<FolderName> {
  const withMysql = Object.values(databases).some(({ engine }) => engine === 'mysql');
  if (!withMysql) return { dump: [clientFolders.postgres], prove: [clientFolders.postgres, serverFolders.postgres], proveMysql: [] };
  return {
    dump: Object.values(clientFolders),
    prove: [clientFolders.postgres, serverFolders.postgres, clientFolders.mariadb, serverFolders.mariadb],
    proveMysql: [clientFolders.mysql, serverFolders.mysql],
  };
}
