import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./backup-process.ts', import.meta.url));

export interface BackupProcess {
  child: ChildProcess;
  /** Resolves with its output and its end. */
  ended: Promise<{ output: string; complaint: string; code: number | null; signal: NodeJS.Signals | null }>;
}

/** Starts `backup-process.ts`, which explains its words. */
export function startBackupProcess(folder: string, slot: string, where = 'nowhere:'): BackupProcess {
  const child = spawn(process.execPath, [program, folder, slot, where], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(([[code, signal], output, complaint]) => ({
    output,
    complaint,
    code,
    signal,
  }));
  return { child, ended };
}
