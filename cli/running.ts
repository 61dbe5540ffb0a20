import { AsyncLocalStorage } from 'node:async_hooks';
import { exit } from './exit.ts';

/** The streams that a command writes to; a process is one of these. */
export interface Streams {
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number | undefined };
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number | undefined };
}

/** A command that is being carried out. */
export interface Running extends Streams {
  /** Its exit status, unless it throws. */
  status: number;
  /** True if errors are printed as JSON, and once its answer was. */
  isJson?: boolean;
  hasAnswered?: boolean;
}

const current = new AsyncLocalStorage<Running>();

/** The command whose work this is. Outside of any, such as after a signal, the streams are this process's. */
export function running(): Running {
  return current.getStore() ?? { stdout: process.stdout, stderr: process.stderr, status: exit.done };
}

/** Carries a command out; gives the status that it ended with. */
export async function carryOut({ stdout, stderr }: Streams, work: (command: Running) => Promise<unknown>): Promise<number> {
  const command: Running = { stdout, stderr, status: exit.done };
  await current.run(command, () => work(command));
  return command.status;
}
