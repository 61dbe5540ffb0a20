import type { Scan } from '../../../documents/scan.ts';
import type { Work } from '../../engine.ts';
import { localesOf } from './locales.ts';
import { builtinOf, hasLocale } from './make-database.ts';
import { restored, restorer, superuser } from './scratch-database.ts';
import { ScratchServer, type ScratchServerOptions } from './scratch-server.ts';

/** Programs of a server, and their major version. */
export interface ServerPrograms extends Pick<ScratchServerOptions, 'launch'> {
  major: number;
}

/** Starts the server that a dump is restored into. */
export function serverFor(
  { source }: Scan,
  { launch, major }: ServerPrograms,
  { scratch, signal, tools }: Pick<Work, 'scratch' | 'signal' | 'tools'>,
): Promise<ScratchServer> {
  const cluster = clusterOf(source?.encoding ?? 'UTF8', { withTemplate: hasLocale(source), builtin: builtinOf(source), major });
  return ScratchServer.start({ launch, scratch, templates: tools.templates, signal, locales: localesOf(source), ...cluster });
}

/**
 * Returns the cluster of a proof, in the encoding of the source. The database that is restored into is the only one,
 * and the role that restores is there: a usual cluster has three databases of 300 files each, and to make a fourth
 * takes as long as to start the server. A database of another locale needs a template without any, unless it is one of
 * PostgreSQL's own (`builtin`).
 */
export function clusterOf(
  encoding: string,
  { withTemplate = false, builtin, major }: { withTemplate?: boolean; builtin?: string | undefined; major: number },
): Pick<ScratchServerOptions, 'cluster' | 'completion' | 'settings' | 'user'> {
  const own = encoding === 'UTF8' ? builtin : undefined;
  // PostgreSQL has locales of its own since 17; glibc has C.UTF-8 built in
  const locale = major < 17 ? [`--locale=${own ?? 'C'}`, '--locale-provider=libc'] : ['--locale=C', ...providerOf(own)];
  return {
    user: superuser,
    cluster: [`--encoding=${encoding}`, ...locale, ...(major >= 18 ? ['--no-data-checksums'] : [])],
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
      // event triggers of the dump do not fire: their functions belong to the dump, and superusers log in and run the
      // deferred statements; older servers know no such setting, nor triggers on login
      ...(major >= 17 && { event_triggers: 'off' }),
    },
  };
}

function providerOf(builtin: string | undefined): string[] {
  return builtin === undefined ? ['--locale-provider=libc'] : ['--locale-provider=builtin', `--builtin-locale=${builtin}`];
}
