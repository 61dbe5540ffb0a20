import type { Family } from './tools.ts';

/** The folder that each family's client programs are in. One a family: whoever has no MySQL fetches nothing of it. */
export const clientFolders = { postgres: 'database-tools', mysql: 'mysql-tools', mariadb: 'mariadb-tools' } as const satisfies Record<Family, string>;

/** The folder that each family's scratch server is in. */
export const serverFolders = { postgres: 'database-servers', mysql: 'mysql-server', mariadb: 'mariadb-server' } as const satisfies Record<Family, string>;

export type FolderName = (typeof clientFolders | typeof serverFolders)[Family];
