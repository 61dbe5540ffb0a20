import { execFile } from 'node:child_process';
import { access, constants, readlink } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { Launch } from '../../../programs/launch.ts';
import { KeptAMinute } from '../../../time/kept-a-minute.ts';
import { type Identity, serverIdentity } from './identity.ts';

/**
 * Network of a scratch server. `none`: it reaches nothing and is reached by its socket alone. `host`: this machine's
 * own.
 */
export type ScratchNetwork = 'none' | 'host';

/** Start of a server's programs. */
export interface Start {
  /** Words before the program's own. */
  words: readonly string[];
  /** User for the first word; undefined for our own. */
  identity: Identity | undefined;
}

/** Ways that worked. */
const worked = new KeptAMinute<true>();

/**
 * Returns the start of programs on a network. If the system gives no network namespace, the machine's network is better
 * than no proof; `doctor` reports it.
 */
export async function startOn(network: ScratchNetwork): Promise<Start> {
  const start = network === 'none' ? await withoutNetwork() : undefined;
  return start && !('refusal' in start) ? start : { words: [], identity: serverIdentity() };
}

/** Puts words before a program. */
export function launchAfter(words: readonly string[], launch: Launch): Launch {
  const [command = '', ...args] = [...words, launch.command, ...launch.args];
  return { ...launch, command, args };
}

/**
 * Returns a start without a network: in a network namespace whose only interface, the loopback, is down. Sockets in the
 * file system work there. Each way is really tried, and taken again for a minute. If none works, `refusal` gives the
 * reason.
 */
export async function withoutNetwork(): Promise<Start | { refusal: string }> {
  if (process.platform !== 'linux') return { refusal: `${process.platform} has no network namespaces` };
  const unshare = await onPath('unshare');
  if (unshare === undefined) return { refusal: 'there is no program unshare on PATH' };
  const refusals: string[] = [];
  for (const { words, identity } of ways()) {
    const start = { words: [unshare, ...words, '--'], identity };
    const key = JSON.stringify(start);
    if (worked.get(key)) return start;
    const refusal = await refusalOf(start);
    if (refusal === undefined) {
      worked.set(key, true);
      return start;
    }
    refusals.push(refusal);
  }
  return { refusal: [...new Set(refusals)].join('; ') };
}

/**
 * Lists the ways: a user namespace, which needs no right; and, if we are root and the server's user may make none,
 * root's own rights, which are given up in the namespace. unshare becomes the program, so its process id is the
 * program's.
 */
function ways(): Start[] {
  const identity = serverIdentity();
  const asUser = { words: ['--user', '--map-current-user', '--net'], identity };
  return identity ? [asUser, { words: ['--net', `--setgid=${identity.gid}`, `--setuid=${identity.uid}`], identity: undefined }] : [asUser];
}

async function refusalOf({ words: [command = '', ...words], identity }: Start): Promise<string | undefined> {
  const namespace = '/proc/self/ns/net';
  try {
    const { stdout } = await promisify(execFile)(command, [...words, 'readlink', namespace], {
      ...identity,
      timeout: 10_000,
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    });
    const made = stdout.trim();
    return made.startsWith('net:') && made !== (await readlink(namespace)) ? undefined : `${command} made no network namespace`;
  } catch (error) {
    return (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
  }
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    if (await canBeRun(path)) return path;
  }
  return undefined;
}

async function canBeRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
