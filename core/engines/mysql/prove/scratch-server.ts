import { join } from 'node:path';
import type { Launch } from '../../../programs/launch.ts';
import type { ServerPrograms } from '../../../programs/tools.ts';
import type { GuardedProcess } from '../../server/scratch/guarded-process.ts';
import { ScratchHome } from '../../server/scratch/home.ts';
import type { ScratchNetwork } from '../../server/scratch/network.ts';
import { HomedServer, untilMade, untilReady } from '../../server/scratch/server.ts';
import { Template } from '../../server/scratch/template.ts';
import type { Family } from '../family.ts';

type Settings = Readonly<Record<string, string>>;

export interface ScratchServerOptions<Of extends Family> {
  family: Of;
  launch: (program: ServerPrograms[Of]) => Launch;
  /**
   * A folder on a disk that can hold the data. If we are root and nobody else can enter it, the system's temporary
   * folder is used.
   */
  scratch: string;
  /** Folder in which data directories are kept to be copied. Without it each is made anew. */
  templates?: string | undefined;
  /** Stops the start. */
  signal: AbortSignal;
  /** Options by name, without dashes (empty: a flag), beside or instead of those of a scratch server. */
  settings?: Settings;
  /**
   * Options with which the data directory is made as well: MySQL's `lower_case_table_names` cannot be changed later.
   */
  lasting?: Settings;
  /** Name of the superuser; by default `root`. Another name keeps it apart from `root@localhost` in a dump. */
  user?: string;
  /** Statements, one a line, that it runs before it takes connections. */
  beginning?: readonly string[];
  /** @default none, where the system can do that */
  network?: ScratchNetwork;
  /** Files written into the data directory before the start, readable by the server alone. */
  files?: Readonly<Record<string, string>>;
}

/** Programs that make a family's data directory, and that serve it. */
const programs = {
  mysql: { maker: 'mysqld', making: ['--initialize-insecure'], server: 'mysqld' },
  mariadb: { maker: 'mariadb-install-db', making: [], server: 'mariadbd' },
} as const;

/** Settings of a server that need not survive a crash, and that nobody but us can reach. */
const settingsOfScratch: Settings = {
  'skip-networking': 'ON',
  'skip-name-resolve': 'ON',
  'skip-log-bin': '',
  'default-time-zone': '+00:00',
  'character-set-server': 'utf8mb4',
  'local-infile': 'OFF',
  'event-scheduler': 'OFF',
  'max-allowed-packet': '1G',
  // accepts again what a server accepted once
  'innodb-strict-mode': 'OFF',
  'innodb-fast-shutdown': '2',
  'performance-schema': 'OFF',
};

/** Settings for writing files, also while the data directory is made: it would wait for the disk hundreds of times. */
const writing: Settings = {
  // Lambda and many containers refuse the kernel's asynchronous input and output
  'innodb-use-native-aio': 'OFF',
  'innodb-flush-log-at-trx-commit': '0',
  'innodb-doublewrite': 'OFF',
};
/**
 * Options that turn off all syncs with the disk. MySQL calls that unsupported, since a crash may lose everything; here
 * a crash loses everything anyway.
 */
const writingOf: Record<Family, Settings> = { mysql: { 'innodb-flush-method': 'nosync' }, mariadb: { 'debug-no-sync': 'ON' } };
/** Files that a data directory can do without: MariaDB keeps in one what it otherwise spreads over four. */
const fewerFiles: Record<Family, Settings> = { mysql: {}, mariadb: { 'innodb-undo-tablespaces': '0' } };
/** No keys are made: nobody connects by a network, and a data directory that is kept holds no secret. */
const withoutKeys: Record<Family, Settings> = {
  mysql: {
    'auto-generate-certs': 'OFF',
    'sha256-password-auto-generate-rsa-keys': 'OFF',
    'caching-sha2-password-auto-generate-rsa-keys': 'OFF',
  },
  mariadb: {},
};
// from 11.4 on MariaDB makes a key at each start unless TLS is off
const settingsOf: Record<Family, Settings> = { mysql: { mysqlx: 'OFF' }, mariadb: { ssl: 'OFF' } };

/** Settings for little data. The memory of these buffers, or what describes it, is written at each start. */
export const smallBuffers: Record<Family, Settings> = {
  mysql: { 'innodb-log-buffer-size': '1M', 'innodb-buffer-pool-size': '64M', 'innodb-buffer-pool-load-at-startup': 'OFF' },
  mariadb: { 'innodb-buffer-pool-size': '64M', 'aria-pagecache-buffer-size': '8M', 'key-buffer-size': '8M' },
};

/**
 * A server of MySQL or MariaDB on a Unix socket in a private folder, with durability off. A user who may enter the
 * folder needs no password.
 */
export class ScratchServer extends HomedServer {
  readonly family: Family;
  /** Path of the socket. */
  readonly socket: string;
  /** Name of the superuser. */
  readonly user: string;

  private constructor(home: ScratchHome, process: GuardedProcess, family: Family, user: string) {
    // a clean end would write only data that is thrown away; SIGKILL suffices for one process, which leaves nothing
    // behind in the kernel
    super(home, process, 'SIGKILL');
    this.family = family;
    this.user = user;
    this.socket = join(home.socket, socketName);
  }

  /** Arguments for the family's own clients. The first one keeps them from reading option files. */
  get options(): string[] {
    return ['--no-defaults', `--socket=${this.socket}`, `--user=${this.user}`, withoutTls[this.family]];
  }

  /**
   * Makes a data directory, or copies one that was made alike, and starts a server on it. Throws ToolFailedError with
   * the last words of the program that failed, or StorageFullError.
   */
  static async start<Of extends Family>({
    family,
    launch,
    scratch,
    templates,
    signal,
    settings = {},
    lasting = {},
    files = {},
    user = 'root',
    beginning = [],
    network = 'none',
  }: ScratchServerOptions<Of>): Promise<ScratchServer> {
    signal.throwIfAborted();
    const { maker, making, server } = programs[family];
    const start = launch as (program: string) => Launch;
    const home = await ScratchHome.make(scratch, { name: family, socket: socketName, network });
    let serving: GuardedProcess | undefined;
    let template: Template | undefined;
    try {
      const kept = options({ ...writing, ...writingOf[family], ...fewerFiles[family], ...withoutKeys[family], ...lasting });
      const always = [`--datadir=${home.data}`, `--tmpdir=${home.root}`, ...kept];
      template = await Template.in(templates, { name: family, programs: [start(maker), start(server)], settings: [...making, ...kept] });
      if (!(await template?.fill(home))) {
        await home.makeData();
        await make(home, start(maker), [...making, ...always], signal);
        await template?.keep(home.data);
      }
      signal.throwIfAborted();
      for (const [name, content] of Object.entries(files)) await home.write(join(home.data, name), content);
      const places = { socket: join(home.socket, socketName), 'pid-file': join(home.root, 'pid'), ...noFiles(family, home) };
      const all = { ...settingsOfScratch, ...settingsOf[family], ...places, ...(await initially(home, [...renaming(user), ...beginning])), ...settings };
      serving = home.run(start(server), [...always, ...options(all)], home.root);
      await untilReady(serving, ': ready for connections', signal);
      return new ScratchServer(home, serving, family, user);
    } catch (error) {
      serving?.kill('SIGKILL');
      await serving?.[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
      if (!signal.aborted) await template?.forget();
      throw error;
    }
  }
}

/** Options without TLS: nobody listens on a socket in a private folder. */
export const withoutTls: Record<Family, string> = { mysql: '--ssl-mode=DISABLED', mariadb: '--skip-ssl' };

const socketName = 'mysqld.sock';

function options(settings: Settings): string[] {
  // a switch has no value; an empty mode is one
  return Object.entries(settings).map(([name, value]) => (value === '' && name !== 'sql-mode' ? `--${name}` : `--${name}=${value}`));
}

/** Settings that keep statements from reading or writing files. MariaDB can only confine them to a folder. */
function noFiles(family: Family, home: ScratchHome): Settings {
  return { 'secure-file-priv': family === 'mysql' ? 'NULL' : home.root };
}

function renaming(user: string): string[] {
  return user === 'root' ? [] : [`RENAME USER root@localhost TO '${user.replaceAll("'", "''")}'@localhost`];
}

/** Writes the file of the statements that the server runs before it takes connections. */
async function initially(home: ScratchHome, statements: readonly string[]): Promise<Settings> {
  if (statements.length === 0) return {};
  const file = join(home.root, 'init.sql');
  await home.write(file, statements.map((statement) => `${statement};\n`).join(''));
  return { 'init-file': file };
}

async function make(home: ScratchHome, maker: Launch, args: readonly string[], signal: AbortSignal): Promise<void> {
  await using making = home.run(maker, args, home.root);
  await untilMade(making, 'the server', signal);
}
