import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Launch } from '../../core/launch.ts';

const run = promisify(execFile);

/** A program's invocation for a shell. */
export function shell({ command, args, env }: Launch, ...more: string[]): string {
  const words = [command, ...args, ...more].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return [...Object.entries(env).map(([name, value]) => `${name}='${value}'`), ...words].join(' ');
}

/** Runs a line of shell in a folder and returns its seconds. Any program of a pipe that fails fails the line. */
export async function timed(line: string, { env, cwd }: { env: Record<string, string>; cwd: string }): Promise<number> {
  const begun = performance.now();
  await run('bash', ['-c', `set -e -o pipefail; ${line}`], { env: { PATH: process.env.PATH ?? '', ...env }, cwd });
  return (performance.now() - begun) / 1000;
}

/** Runs a program of ours in a process of its own and gives it an order as JSON, and returns the JSON it prints. */
export async function ours<T>(module: string, order: unknown): Promise<T> {
  const running = run(process.execPath, [module]);
  running.child.stdin?.end(JSON.stringify(order));
  return JSON.parse((await running).stdout) as T;
}
