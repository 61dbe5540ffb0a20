import type { Scan } from '../../../documents/scan.ts';
import { ToolFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { smallDump } from '../../server/scratch/server.ts';
import { localesOf } from './locales.ts';
import { builtinOf, hasLocale } from './make-database.ts';
import { located, restored, restorer, superuser } from './scratch-database.ts';
import { ScratchServer, type ScratchServerOptions } from './scratch-server.ts';

/** Programs of a server, and their major version. */
export interface ServerPrograms extends Pick<ScratchServerOptions, 'launch'> {
  major: number;
}

/** A server that a dump is restored into, and what it could not be given. */
export interface Started {
  server: ScratchServer;
  lacking: string[];
}

/** Settings for little data: much of a server's memory is written at each start, and version 18 starts readers too. */
export function smallBuffers(major: number): Record<string, string> {
  return { shared_buffers: '16MB', ...(major >= 18 && { io_method: 'sync' }) };
}

/** Starts the server that a dump is restored into, without the libraries to preload if it does not start with them. */
export async function serverFor(
  { source, size }: Scan,
  { launch, major }: ServerPrograms,
  work: Pick<Work, 'scratch' | 'signal' | 'tools' | 'settings'>,
): Promise<Started> {
  const { scratch, signal, tools } = work;
  const choices = { withTemplate: hasLocale(source), builtin: builtinOf(source), major, locks: source?.locks };
  const cluster = clusterOf(source?.encoding ?? 'UTF8', choices);
  const settings = { ...cluster.settings, ...(size <= smallDump && smallBuffers(major)) };
  const options = { launch, scratch, templates: tools.templates, signal, locales: localesOf(source), ...cluster, settings };
  const preload = work.settings?.engine === 'postgres' ? work.settings.scratchServer.preload : [];
  if (preload.length === 0) return { server: await ScratchServer.start(options), lacking: [] };
  try {
    const database = hasLocale(source) ? located : restored;
    return { server: await ScratchServer.start({ ...options, settings: { ...options.settings, ...preloading(preload, database) } }), lacking: [] };
  } catch (error) {
    if (!(error instanceof ToolFailedError)) throw error;
    return { server: await ScratchServer.start(options), lacking: [`the scratch server could not preload ${preload.join(', ')}: ${error.message}`] };
  }
}

/** Returns the settings under which libraries are loaded at the start. Restored jobs of pg_cron run nothing. */
function preloading(libraries: readonly string[], database: string): Record<string, string> {
  return { shared_preload_libraries: libraries.join(','), 'cron.database_name': database, 'cron.launch_active_jobs': 'off' };
}

interface ClusterChoices {
  withTemplate?: boolean;
  builtin?: string | undefined;
  major: number;
  /** Number of locks that a restore in one transaction takes. By default many: an older scan does not tell. */
  locks?: number | undefined;
}

/** Number of locks that nearly every database can do with. */
const mostLocks = 100_000;
/** Number of connections that share a server's locks, by default. */
const connections = 100;

/**
 * Returns the cluster of a proof, in the encoding of the source. The database that is restored into is the only one,
 * and the role that restores is there: a usual cluster has three databases of 300 files each, and to make a fourth
 * takes as long as to start the server. A database of another locale needs a template without any, unless it is one of
 * PostgreSQL's own (`builtin`).
 */
export function clusterOf(
  encoding: string,
  { withTemplate = false, builtin, major, locks = mostLocks }: ClusterChoices,
): Pick<ScratchServerOptions, 'cluster' | 'completion' | 'settings' | 'user'> {
  const own = encoding === 'UTF8' ? builtin : undefined;
  // PostgreSQL has locales of its own since 17; glibc has C.UTF-8 built in
  const locale = major < 17 ? [`--locale=${own ?? 'C'}`, '--locale-provider=libc'] : ['--locale=C', ...providerOf(own)];
  return {
    user: superuser,
    // a log of one segment of 1 MB: 16 MB of zeros would be written for every copy
    cluster: [`--encoding=${encoding}`, '--wal-segsize=1', ...locale, ...(major >= 18 ? ['--no-data-checksums'] : [])],
    completion: [
      `CREATE ROLE ${restorer} LOGIN BYPASSRLS`,
      'UPDATE pg_database SET datistemplate = false',
      ...(withTemplate ? [] : ['DROP DATABASE template0']),
      'DROP DATABASE template1',
      `ALTER DATABASE postgres OWNER TO ${restorer}`,
      // no command renames a database that is in use
      `UPDATE pg_database SET datname = '${restored}' WHERE datname = 'postgres'`,
    ],
    settings: {
      // room for twice the locks: the server fills their whole table as it starts, so the usual 64 for each connection
      // take half the time that thousands take
      max_locks_per_transaction: String(Math.max(64, Math.ceil((2 * locks) / connections))),
      // no processes that read for others: one session works at a time
      ...(major >= 18 && { io_method: 'sync' }),
      // event triggers of the dump do not fire: their functions belong to the dump, and superusers log in and run the
      // deferred statements; older servers know no such setting, nor triggers on login
      ...(major >= 17 && { event_triggers: 'off' }),
    },
  };
}

function providerOf(builtin: string | undefined): string[] {
  return builtin === undefined ? ['--locale-provider=libc'] : ['--locale-provider=builtin', `--builtin-locale=${builtin}`];
}
