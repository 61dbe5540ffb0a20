import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/**
 * Learns how a running server was started. The function that it returns starts it again so, or with changed arguments,
 * for this test.
 */
export function startOf(pid: number): (changed?: (args: string[]) => string[]) => ChildProcess {
  const parts = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'latin1').split('\0').filter(Boolean);
  const [command = '', ...args] = parts('cmdline');
  const env = Object.fromEntries(parts('environ').map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]));
  const user = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
  const cwd = readlinkSync(`/proc/${pid}/cwd`);
  return (changed = (same) => same) => {
    const child = spawn(command, changed(args), { env, cwd, uid: user, gid: user, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
}

/** Starts a server of a test again whenever it has ended by itself, as a supervisor would. Counts that. */
export function startedAgain(pid: number): { starts: number } {
  const start = startOf(pid);
  const counted = { starts: 0 };
  let child: ChildProcess | undefined;
  const timer = setInterval(() => {
    if (child ? child.exitCode === null && child.signalCode === null : isRunning(pid)) return;
    counted.starts++;
    child = start();
  }, 50);
  onTestFinished(() => clearInterval(timer));
  return counted;
}

/** Returns false for a process that has ended, whether or not its parent knows. */
export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
}
