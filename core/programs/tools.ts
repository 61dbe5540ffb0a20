import type { Launch } from './launch.ts';

/** A kind of server, with clients of its own. MySQL and MariaDB are two: the dump of one is not made by the other's tool. */
export type Family = keyof ServerPrograms;
/** Client programs, and whose they are. */
export const familyOf = { pg_dump: 'postgres', psql: 'postgres', mysqldump: 'mysql', mysql: 'mysql', 'mariadb-dump': 'mariadb', mariadb: 'mariadb' } as const;
export type Client = keyof typeof familyOf;
/** Programs of a server that lives only for a proof. Those that end in `sql` write the SQL that makes a time zone known, from the link `zoneinfo`. */
export interface ServerPrograms {
  postgres: 'initdb' | 'postgres';
  mysql: 'mysqld' | 'mysql_tzinfo_to_sql';
  mariadb: 'mariadb-install-db' | 'mariadbd' | 'mariadb-tzinfo-to-sql';
}

/** The major version of our own PostgreSQL programs. */
export const postgresMajor = 18;
/** The versions (major, minor) of our own programs. The dump of the source and the dump of what was restored must come from the same tool, so no older one is used for either. */
export const ownVersions: Readonly<Record<Family, readonly [major: number, minor: number]>> = { postgres: [postgresMajor, 0], mysql: [9, 7], mariadb: [11, 8] };

/** Where the programs are that others have written. A program that is not there and cannot be had is a ToolMissingError. */
export interface Tools {
  /** A program of its family's version in `ownVersions`, or newer. Those of MySQL and MariaDB read option files: the first argument says which, `--no-defaults` or `--defaults-file=…`. */
  client(program: Client, signal: AbortSignal): Promise<Launch>;
  /** The programs of a family's scratch server. Those of MySQL and MariaDB read no option files. */
  server<Of extends Family>(family: Of, signal: AbortSignal): Promise<(program: ServerPrograms[Of]) => Launch>;
  /** The folder in which data directories of scratch servers are kept from one start to the next; without it each is made anew. */
  readonly templates?: string | undefined;
}
