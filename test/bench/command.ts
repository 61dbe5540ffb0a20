import { execFile, type PromiseWithChild } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Launch } from '../../core/programs/launch.ts';

const run = promisify(execFile);

/** Folder of compiled code, as the command line uses it (`cli/sauvegarde.js`). */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/sauvegarde', import.meta.url));

/** Writes a program's invocation for a shell. */
export function shell({ command, args, env }: Launch, ...more: string[]): string {
  const words = [command, ...args, ...more].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return [...Object.entries(env).map(([name, value]) => `${name}='${value}'`), ...words].join(' ');
}

/**
 * Runs a line of shell in a folder. The line fails if any program of a pipe fails. `peak` is the most memory that its
 * programs held together, in MiB, measured ten times a second.
 */
export async function timed(line: string, { env, cwd }: { env: Record<string, string>; cwd: string }): Promise<{ seconds: number; peak: number }> {
  const begun = performance.now();
  const running = run('bash', ['-c', `set -e -o pipefail; ${line}`], { env: { PATH: process.env.PATH ?? '', ...env }, cwd });
  const { peak } = await watched(running, (pid) => childrenOf(pid));
  return { seconds: (performance.now() - begun) / 1000, peak };
}

/** Waits for a process. `peak` is the most memory that the processes chosen by its id held together, in MiB. */
async function watched<T>(running: PromiseWithChild<T>, chosen: (pid: number) => number[]): Promise<{ value: T; peak: number }> {
  let peak = 0;
  const looking = setInterval(() => {
    peak = Math.max(peak, heldBy(chosen(running.child.pid ?? 0)));
  }, 100);
  try {
    return { value: await running, peak };
  } finally {
    clearInterval(looking);
  }
}

function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): number[] {
  return readIfThere(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Returns the memory of these processes, in MiB; pages that several share are divided among them (PSS). */
function heldBy(pids: number[]): number {
  return pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024, 0);
}

/** Reads a file; empty if its process has ended meanwhile. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Runs a program of ours in a process of its own, as the command line starts Node (`cli/sauvegarde.js`). Gives it an
 * order as JSON, and returns the JSON that it prints. `tree` is the most memory that it and all its children held
 * together, in MiB.
 */
export async function ours<T>(module: string, order: unknown): Promise<T & { tree: number }> {
  const running = run(process.execPath, ['--max-semi-space-size=1', module], { env: { ...process.env, NODE_COMPILE_CACHE: compileCache } });
  running.child.stdin?.end(JSON.stringify(order));
  const { value, peak } = await watched(running, treeOf);
  return { ...(JSON.parse(value.stdout) as T), tree: peak };
}
