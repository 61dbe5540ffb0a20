import { basename, resolve } from 'node:path';
import { parseConfig } from '../core/config/config.ts';
import { type LoadedConfig, loadConfigFile } from '../core/config/config-file.ts';
import { fileCards, serverCards } from '../core/engines/cards.ts';
import { ConfigurationError, InterruptedError } from '../core/errors.ts';
import { systemClock } from '../core/time/clock.ts';
import { type LocalPlatform, openLocalPlatform } from '../local/platform.ts';
import type { Home } from './homes/home.ts';
import { machine } from './homes/machine.ts';
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

/** Opens the configured platform for the length of a command. */
export async function withSession<T>(options: CommonOptions, work: (session: Session) => Promise<T>, loaded?: LoadedConfig): Promise<T> {
  using platform = await openLocalPlatform(loaded ?? (await configured(options)), { clock: systemClock, log: talk });
  using stopping = onStop();
  try {
    return await work({ platform, talk, signal: stopping.signal, by });
  } finally {
    talk.clear();
  }
}

/** Gives a command the home that it is for: this machine, or with `--stack` that stack. The configuration of a stack is its own; the file here says only the zone of what is printed. */
export async function withHome<T>(options: CommonOptions, work: (home: Home, circumstances: Circumstances) => Promise<T>): Promise<T> {
  const { stack } = options;
  if (stack === undefined) return withSession(options, (session) => work(machine(session.platform, session), session));
  const [{ stackHome }, { config }] = await Promise.all([import('./homes/stack.ts'), loadConfigFile(options.config)]);
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

/** The configuration file; with DATABASE_URL in the environment, that database instead of the configured ones, unless they name the variable themselves. */
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

/** The configuration that protects this file instead of the configured databases, under a name made of the file's. */
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
