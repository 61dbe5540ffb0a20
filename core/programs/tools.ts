import type { Launch } from './launch.ts';

/** A kind of server, with clients of its own. MySQL and MariaDB are two: the tool of one does not dump the other. */
export type Family = keyof ServerPrograms;
/** Client programs, each with its family. */
export const familyOf = { pg_dump: 'postgres', psql: 'postgres', mysqldump: 'mysql', mysql: 'mysql', 'mariadb-dump': 'mariadb', mariadb: 'mariadb' } as const;
export type Client = keyof typeof familyOf;
/**
 * Programs of a server that lives only for a proof. Those that end in `sql` write the SQL that defines a time zone,
 * from the link `zoneinfo`.
 */
export interface ServerPrograms {
  postgres: 'initdb' | 'postgres';
  mysql: 'mysqld' | 'mysql_tzinfo_to_sql';
  mariadb: 'mariadb-install-db' | 'mariadbd' | 'mariadb-tzinfo-to-sql';
}

/** Major version of our own PostgreSQL programs. */
export const postgresMajor = 18;
/**
 * Versions (major, minor) of our own programs. The dump of the source and that of the restored database must come from
 * the same tool, so no older one is used for either.
 */
export const ownVersions: Readonly<Record<Family, readonly [major: number, minor: number]>> = { postgres: [postgresMajor, 0], mysql: [9, 7], mariadb: [11, 8] };

/** Programs that others have written. Throws ToolMissingError if a program is missing and cannot be obtained. */
export interface Tools {
  /**
   * Returns a program of its family's version in `ownVersions`, or newer. Those of MySQL and MariaDB read option files:
   * the first argument chooses, `--no-defaults` or `--defaults-file=…`.
   */
  client(program: Client, signal: AbortSignal): Promise<Launch>;
  /** Returns the programs of a family's scratch server. Those of MySQL and MariaDB read no option files. */
  server<Of extends Family>(family: Of, signal: AbortSignal): Promise<(program: ServerPrograms[Of]) => Launch>;
}
