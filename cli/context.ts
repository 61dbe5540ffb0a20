import { basename, resolve } from 'node:path';
import { parseConfig } from '../core/config/config.ts';
import { type LoadedConfig, loadConfigFile } from '../core/config/config-file.ts';
import { ConfigurationError, InterruptedError } from '../core/errors.ts';
import type { Home } from '../core/operations/orders/home.ts';
import { systemClock } from '../core/time/clock.ts';
import { machine } from '../local/home.ts';
import { type LocalPlatform, openLocalPlatform } from '../local/platform.ts';
import { Talk } from './output.ts';
import { userName } from './user.ts';

/** The options that every command takes. */
export interface CommonOptions {
  config: string;
  json?: boolean;
  /** A stack on AWS. */
  stack?: string;
}

/** What every command works with. */
export interface Circumstances {
  talk: Talk;
  /** Fires on Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  /** Who gives the orders. */
  by: string;
}

/** What a command works with that needs this machine. */
export interface Session extends Circumstances {
  platform: LocalPlatform;
}

export const talk = new Talk();
export const by = `cli:${userName() ?? `uid ${process.getuid?.()}`}`;

/** How a session differs from that of most commands. */
interface SessionOptions {
  /** @default what the options name */
  loaded?: LoadedConfig | undefined;
  /** How many databases are backed up at once. @default one, as somebody watches */
  atOnce?: number;
}

/** Opens the configured platform for the length of a command; what it still runs at its end, or when a signal comes, is stopped and settled. */
export async function withSession<T>(options: CommonOptions, work: (session: Session) => Promise<T>, { loaded, atOnce = 1 }: SessionOptions = {}): Promise<T> {
  using platform = await openLocalPlatform(loaded ?? (await configured(options)), { clock: systemClock, log: talk, atOnce });
  using stopping = onStop();
  const { signal } = stopping;
  signal.addEventListener('abort', () => platform.executions.stop(signal.reason));
  try {
    return await work({ platform, talk, signal, by });
  } finally {
    await platform.executions.stop();
    talk.clear();
  }
}

/** Gives a command the home that it is for: this machine, or with `--stack` that stack. The configuration of a stack is its own; the file here says only the zone of what is printed. */
export async function withHome<T>(options: CommonOptions, work: (home: Home, circumstances: Circumstances) => Promise<T>): Promise<T> {
  const { stack } = options;
  if (stack === undefined) return withSession(options, (session) => work(machine(session.platform, session), session));
  const [{ stackHome }, { config }] = await Promise.all([import('../core/aws/stack-home.ts'), loadConfigFile(options.config)]);
  using stopping = onStop();
  const { signal } = stopping;
  try {
    return await work(await stackHome({ name: stack, timeZone: config.timeZone, by, signal, log: talk }), { talk, signal, by });
  } finally {
    talk.clear();
  }
}

/** The variable that many web applications keep their database's address in. */
export const addressVariable = 'DATABASE_URL';

const engineOfScheme: Partial<Record<string, string>> = { 'postgres:': 'postgres', 'postgresql:': 'postgres', 'mysql:': 'mysql', 'mariadb:': 'mysql' };

/** The configuration file; with DATABASE_URL in the environment, that database instead of the configured ones, unless they name the variable themselves. */
async function configured(options: CommonOptions): Promise<LoadedConfig> {
  const { config, folder } = await loadConfigFile(options.config);
  const address = process.env[addressVariable];
  if (!address || JSON.stringify(config.databases).includes(`{"env":"${addressVariable}"}`)) return { config, folder };
  const url = URL.parse(address);
  const engine = url ? engineOfScheme[url.protocol] : undefined;
  if (!url || !engine)
    throw new ConfigurationError(
      `${addressVariable} is not the address of a database on a server; write postgres://user:password@host:5432/database, mysql://user:password@host:3306/database, or unset it`,
    );
  const databases = { [nameFor(url.pathname)]: { engine, connection: { url: { env: addressVariable } } } };
  return { config: parseConfig({ ...config, databases }, options.config), folder };
}

/** The configuration that protects this file instead of the configured databases, under a name made of the file's. */
export async function protecting(file: string, options: CommonOptions): Promise<LoadedConfig> {
  const { config, folder } = await loadConfigFile(options.config);
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), file);
  const databases = { [nameFor(path)]: { engine: 'sqlite', file: path } };
  return { config: parseConfig({ ...config, databases }, options.config), folder };
}

function nameFor(path: string): string {
  const letters = basename(path)
    .replace(/\.(sqlite3?|db3?)$/i, '')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
  return letters || 'database';
}

/** The same signal comes twice when a terminal or a supervisor sends it to a launcher (npm, cli/sauvegarde.js under an older Node) and to us, and the launcher hands it on. */
const oneSignalMs = 1000;

/** The first signal asks for a clean end; another one ends at once (what is left behind is settled at the next start). */
function onStop(): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  let since = 0;
  const stop = () => {
    if (controller.signal.aborted) {
      if (performance.now() - since > oneSignalMs) process.exit(130);
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
