import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../../../programs/launch.ts';
import type { GuardedProcess } from '../../server/scratch/guarded-process.ts';
import { ScratchHome } from '../../server/scratch/home.ts';
import type { ScratchNetwork } from '../../server/scratch/network.ts';
import { HomedServer, untilMade, untilReady } from '../../server/scratch/server.ts';
import { Template } from '../../server/scratch/template.ts';
import { supplyLocales } from './locales.ts';

export interface ScratchServerOptions {
  launch: (program: 'initdb' | 'postgres') => Launch;
  /**
   * A folder on a disk that can hold the data. If we are root and nobody else can enter it, the system's temporary
   * folder is used.
   */
  scratch: string;
  /** Folder in which clusters are kept to be copied. Without it each is made anew. */
  templates?: string | undefined;
  /** Stops the start. */
  signal: AbortSignal;
  /**
   * Options of initdb. Default: UTF-8 with PostgreSQL's own C.UTF-8, which needs no locale of the machine, and no
   * checksums of pages (server 18).
   */
  cluster?: readonly string[];
  /** Statements, one a line, with which the superuser completes a new cluster, in its database `postgres`. */
  completion?: readonly string[];
  /** Settings beside, or instead of, those of a scratch server. */
  settings?: Readonly<Record<string, string>>;
  /** Files written into the data directory before the start, readable by the server alone. */
  files?: Readonly<Record<string, string>>;
  /** Locales of glibc that the server has whatever the machine has, of those that `localesOf` gives. */
  locales?: readonly string[];
  /** Name of the superuser; by default `postgres`. */
  user?: string;
  /**
   * Number in the socket's name. It is a port of the machine only if `settings` has `listen_addresses` and `network` is
   * the host's.
   */
  port?: number;
  /** @default none, where the system can do that */
  network?: ScratchNetwork;
}

const builtinLocale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-data-checksums'];

/** Options that every cluster is made with. */
const makingOfScratch = ['--auth=trust', '--no-sync'];

/** Settings of a server that need not survive a crash, that quotes no rows, and that nobody but us can reach. */
const settingsOfScratch: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  // rows from COPY are not written to the WAL at commit, however small the table
  wal_skip_threshold: '0',
  autovacuum: 'off',
  max_logical_replication_workers: '0',
  jit: 'off',
  // /dev/shm is missing or small in containers and in Lambda
  dynamic_shared_memory_type: 'mmap',
  log_destination: 'stderr',
  logging_collector: 'off',
  lc_messages: 'C',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  timezone: 'UTC',
};

/**
 * A PostgreSQL server on a Unix socket in a private folder, with durability off, for temporary use. Disposing of it
 * removes server and folder; a watchdog does so if this process is killed. A user who may enter the folder needs no
 * password.
 */
export class ScratchServer extends HomedServer {
  /** Folder of the socket. */
  readonly host: string;
  readonly port: number;
  /** Name of the superuser. */
  readonly user: string;

  private constructor(home: ScratchHome, process: GuardedProcess, user: string, port: number) {
    super(home, process);
    this.user = user;
    this.host = home.socket;
    this.port = port;
  }

  /** Environment in which PostgreSQL's own clients reach it. */
  get environment(): Record<'PGHOST' | 'PGPORT' | 'PGUSER' | 'PGDATABASE', string> {
    return { PGHOST: this.host, PGPORT: String(this.port), PGUSER: this.user, PGDATABASE: 'postgres' };
  }

  /**
   * Makes a cluster, or copies one that was made alike, and starts a server on it. Throws ToolFailedError with the last
   * words of the program that failed, or StorageFullError.
   */
  static async start({
    launch,
    scratch,
    templates,
    signal,
    cluster = builtinLocale,
    completion = [],
    settings = {},
    files = {},
    locales = [],
    user = 'postgres',
    network = 'none',
    port = 5432,
  }: ScratchServerOptions): Promise<ScratchServer> {
    signal.throwIfAborted();
    const home = await ScratchHome.make(scratch, { name: 'postgres', socket: `.s.PGSQL.${port}`, network });
    let serving: GuardedProcess | undefined;
    let template: Template | undefined;
    try {
      const [initdb, postgres, making] = [launch('initdb'), launch('postgres'), [...makingOfScratch, `--username=${user}`, ...cluster]];
      template = await Template.in(templates, { name: 'postgres', programs: [initdb, postgres], settings: [...making, ...completion] });
      if (!(await template?.fill(home))) {
        await makeCluster(home, initdb, making, signal);
        if (completion.length > 0) await completeCluster(home, postgres, completion, signal);
        await template?.keep(home.data);
      }
      signal.throwIfAborted();
      for (const [name, target] of Object.entries(postgres.links)) await symlink(target, join(home.data, name));
      for (const [name, content] of Object.entries(files)) await home.write(join(home.data, name), content);
      const all = { ...settingsOfScratch, unix_socket_directories: home.socket, port: String(port), ...settings };
      const env = { ...postgres.env, ...(await supplyLocales(home, postgres.links.locale, locales)) };
      serving = home.run({ ...postgres, env }, ['-D', home.data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])], home.data);
      await untilReady(serving, 'database system is ready to accept connections', signal);
      return new ScratchServer(home, serving, user, port);
    } catch (error) {
      await serving?.[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
      if (!signal.aborted) await template?.forget();
      throw error;
    }
  }
}

async function makeCluster(home: ScratchHome, initdb: Launch, making: readonly string[], signal: AbortSignal): Promise<void> {
  await using running = home.run(initdb, ['--pgdata', home.data, ...making], home.root);
  await untilMade(running, 'initdb', signal);
}

/** Runs statements in a cluster that nobody serves. */
async function completeCluster(home: ScratchHome, postgres: Launch, statements: readonly string[], signal: AbortSignal): Promise<void> {
  const input = join(home.root, 'completion.sql');
  await home.write(input, `${statements.join('\n')}\n`);
  const settings = ['-c', 'fsync=off', '-c', 'exit_on_error=on'];
  await using running = home.run({ ...postgres, input }, ['--single', '-D', home.data, ...settings, 'postgres'], home.root);
  await untilMade(running, 'postgres', signal);
}
