import type { StackHome } from '../core/aws/stack-home.ts';
import type { Author } from '../core/catalogue/audit.ts';
import { type LoadedConfig, loadConfigFile } from '../core/config/config-file.ts';
import { ConfigurationError } from '../core/errors.ts';
import type { Home } from '../core/operations/orders/home.ts';
import type { Log } from '../core/platform.ts';
import { systemClock } from '../core/time/clock.ts';
import type { LocalPlatform } from '../local/local-platform.ts';
import { author } from '../local/user.ts';
import { configured, withIdentity } from './chosen-config.ts';
import { Talk } from './output.ts';
import { onStop } from './stop-signals.ts';

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
  const { openLocalPlatform } = await import('../local/open-platform.ts');
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
  const { machine } = await import('../local/home.ts');
  return withSession(options, (here) => work(machine(here.platform, here), here), session);
}

/** Loads the configuration file, with the identity of the command line. */
export async function identified(options: CommonOptions): Promise<LoadedConfig> {
  return withIdentity(await loadConfigFile(options.config), options);
}
