import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
/** Bytes that must be free: data directories of servers, and the largest dumps. */
const enough = 8 * 2 ** 30;

/**
 * Makes the tests' temporary folder in memory, where this machine lets programs run there and has enough of it: making
 * and deleting data directories takes a fifth of the tests' time on a disk. It is removed when this process ends, and
 * those of processes that were killed are removed here. Returns nothing where there is no such place, or
 * TMPDIR names one.
 */
export function memoryFolder(): string | undefined {
  if (process.env.TMPDIR || !holdsPrograms() || !hasRoom()) return;
  for (const name of readdirSync(memory)) {
    const [, id] = /^sauvegarde-(\d+)$/.exec(name) ?? [];
    if (id && !isAlive(Number(id))) rmSync(join(memory, name), { recursive: true, force: true });
  }
  // a short name: the paths of sockets have 107 bytes
  const folder = join(memory, `sauvegarde-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o1777); // some tests are another user's
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

function holdsPrograms(): boolean {
  if (process.platform !== 'linux') return false;
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, place]) => place === memory);
  const [, , type, options = ''] = mount ?? [];
  return type === 'tmpfs' && !options.split(',').includes('noexec');
}

function hasRoom(): boolean {
  const { bavail, bsize } = statfsSync(memory);
  return Math.min(bavail * bsize, freemem()) >= enough;
}

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
