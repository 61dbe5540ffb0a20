import { basename, resolve } from 'node:path';
import type { StackHome } from '../core/aws/stack-home.ts';
import type { Author } from '../core/catalogue/audit.ts';
import { parseConfig } from '../core/config/config.ts';
import { type LoadedConfig, loadConfigFile } from '../core/config/config-file.ts';
import { fileCards, serverCards } from '../core/engines/cards.ts';
import { ConfigurationError, InterruptedError } from '../core/errors.ts';
import type { Home } from '../core/operations/orders/home.ts';
import type { Log } from '../core/platform.ts';
import { systemClock } from '../core/time/clock.ts';
import { machine } from '../local/home.ts';
import { type LocalPlatform, openLocalPlatform } from '../local/platform.ts';
import { author } from '../local/user.ts';
import { exit } from './exit.ts';
import { Talk } from './output.ts';

/** Options of every command. */
export interface CommonOptions {
  config: string;
  json?: boolean;
  /** Name of a stack on AWS. */
  stack?: string;
  /** File with the secret key that opens encrypted backups. */
  identity?: string;
}

/** Surroundings of every command. */
export interface Circumstances {
  talk: Talk;
  /** Fires on Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  author: Author;
}

/** Surroundings of a command that needs this machine. */
export interface Session extends Circumstances {
  platform: LocalPlatform;
}

export const talk = new Talk();

/** Options of a session. */
interface SessionOptions {
  /** Configuration. @default the file that the options name */
  loaded?: LoadedConfig | undefined;
  /** True if a damaged catalogue is set aside and rebuilt. @default false */
  mends?: boolean;
  /** Number of databases that are backed up at once. @default 1, as somebody watches */
  atOnce?: number;
  /** True if nothing is made that stays. @default false */
  looks?: boolean;
  /** Log of the platform. @default the talk */
  log?: Log;
}

/**
 * Opens the configured platform for the duration of a command. Stops and settles the executions that still run at its
 * end, or when a signal comes.
 */
export async function withSession<T>(
  options: CommonOptions,
  work: (session: Session) => Promise<T>,
  { loaded, log = talk, ...rest }: SessionOptions = {},
): Promise<T> {
  using platform = await openLocalPlatform(withIdentity(loaded ?? (await configured(options)), options), { clock: systemClock, log, ...rest });
  using stopping = onStop();
  const { signal } = stopping;
  signal.addEventListener('abort', () => platform.executions.stop(signal.reason));
  try {
    return await work({ platform, talk, signal, author: author() });
  } finally {
    await platform.executions.stop();
    talk.clear();
  }
}

/** Gives a command the stack that it is for. The configuration file here only supplies the time zone for output. */
export async function withStack<T>(
  options: CommonOptions & { stack: string },
  work: (stack: StackHome, circumstances: Circumstances) => Promise<T>,
): Promise<T> {
  if (options.identity !== undefined)
    throw new ConfigurationError('--identity is read on this machine, and a stack has its own; leave it out, or download the backup and open it here');
  const [{ stackHome }, { findStack }, { config }] = await Promise.all([
    import('../core/aws/stack-home.ts'),
    import('../core/aws/stack.ts'),
    loadConfigFile(options.config),
  ]);
  using stopping = onStop();
  const { signal } = stopping;
  try {
    return await work(stackHome({ stack: await findStack(options.stack), timeZone: config.timeZone, by: author().by, signal, log: talk }), {
      talk,
      signal,
      author: author(),
    });
  } finally {
    talk.clear();
  }
}

/** Returns true for a command that is for a stack. */
export function isForStack<Options extends CommonOptions>(options: Options): options is Options & { stack: string } {
  return options.stack !== undefined;
}

/** Gives a command its home: this machine, or with `--stack` that stack, which has its own configuration. */
export async function withHome<T>(
  options: CommonOptions,
  work: (home: Home, circumstances: Circumstances) => Promise<T>,
  session: SessionOptions = {},
): Promise<T> {
  if (isForStack(options)) return withStack(options, work);
  return withSession(options, (here) => work(machine(here.platform, here), here), session);
}

/** Loads the configuration file, with the identity of the command line. */
export async function identified(options: CommonOptions): Promise<LoadedConfig> {
  return withIdentity(await loadConfigFile(options.config), options);
}

/** Puts the identity of the command line into the place of the configured one. */
function withIdentity({ config, folder }: LoadedConfig, { identity }: CommonOptions): LoadedConfig {
  if (identity === undefined) return { config, folder };
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), identity);
  return { config: { ...config, encryption: { recipients: [], ...config.encryption, identity: { file } } }, folder };
}

/** Variable in which many web applications keep their database's address. */
export const addressVariable = 'DATABASE_URL';

/**
 * Loads the configuration file. If DATABASE_URL is set, its database replaces the configured ones, unless they name the
 * variable themselves.
 */
async function configured(options: CommonOptions): Promise<LoadedConfig> {
  const { config, folder } = await loadConfigFile(options.config);
  const address = process.env[addressVariable];
  if (!address || JSON.stringify(config.databases).includes(`{"env":"${addressVariable}"}`)) return { config, folder };
  const url = URL.parse(address);
  const card = serverCards.find(({ reach: { schemes } }) => schemes.some((scheme) => scheme === url?.protocol));
  if (!url || !card)
    throw new ConfigurationError(
      `${addressVariable} is not the address of a database on a server; write ${serverCards.map(({ reach }) => reach.example).join(', ')}, or unset it`,
    );
  const databases = { [nameFor(url.pathname)]: { engine: card.name, connection: { url: { env: addressVariable } } } };
  return { config: parseConfig({ ...config, databases }, options.config), folder };
}

/**
 * Makes the configuration that protects this file instead of the configured databases, under a name made from the
 * file's.
 */
export async function protecting(file: string, options: CommonOptions): Promise<LoadedConfig> {
  const { config, folder } = await loadConfigFile(options.config);
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), file);
  const engine = (fileCards.find(({ reach }) => reach.endings.test(path)) ?? fileCards[0])?.name;
  const databases = { [nameFor(path)]: { engine, file: path } };
  return { config: parseConfig({ ...config, databases }, options.config), folder };
}

function nameFor(path: string): string {
  const letters = fileCards
    .reduce((name, { reach }) => name.replace(reach.endings, ''), basename(path))
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
  return letters || 'database';
}

/**
 * Time, in milliseconds, within which two signals count as one: a terminal or a supervisor sends it to a launcher (npm,
 * cli/sauvegarde.js under an older Node) and to us, and the launcher passes it on.
 */
const oneSignalMs = 1000;

/**
 * Handles signals: the first one asks for a clean end; another one ends at once (the next start settles what is left).
 */
function onStop(): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  let since = 0;
  const stop = () => {
    if (controller.signal.aborted) {
      if (performance.now() - since > oneSignalMs) process.exit(exit.stopped);
      return;
    }
    since = performance.now();
    controller.abort(new InterruptedError('stopped by a signal'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stop);
    },
  };
}
