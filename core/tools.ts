import type { Launch } from './launch.ts';

/** Programs of PostgreSQL's client packages. */
export type Client = 'pg_dump' | 'psql';
/** Programs of a server that lives only for a proof. */
export type Server = 'initdb' | 'postgres';

/** The major version of our own PostgreSQL programs. The dump of the source and the dump of what was restored must come from the same tool, so no older one is used for either. */
export const postgresMajor = 18;

/** Where the programs are that others have written. A program that is not there and cannot be had is a ToolMissingError. */
export interface Tools {
  /** A program of version `postgresMajor` or newer. */
  client(program: Client, signal: AbortSignal): Promise<Launch>;
  /** The programs of the scratch server. */
  server(signal: AbortSignal): Promise<(program: Server) => Launch>;
}
