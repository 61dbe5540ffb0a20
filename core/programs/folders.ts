import type { Family } from './tools.ts';

/** Folder of each family's client programs. One a family, so that a machine without MySQL fetches nothing of it. */
export const clientFolders = { postgres: 'database-tools', mysql: 'mysql-tools', mariadb: 'mariadb-tools' } as const satisfies Record<Family, string>;

/** Folder of each family's scratch server. */
export const serverFolders = { postgres: 'database-servers', mysql: 'mysql-server', mariadb: 'mariadb-server' } as const satisfies Record<Family, string>;

export type FolderName = (typeof clientFolders | typeof serverFolders)[Family];
