// Plain JavaScript: the machine's own Node runs it, however old.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';

/**
 * Returns the path of a Node that runs Sauvegarde: this one if it is new enough, else the one that npm has installed.
 * Ends the process with status 2 if there is none.
 */
export function newerNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  try {
    // by the package: npm 9 and 10 drop its name from node_modules/.bin
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    console.error(
      `Sauvegarde needs Node 24 or newer; this is ${process.version}, run "npm ci" first. If npm has no Node for ${process.platform}-${process.arch}, install Node 24.`,
    );
    process.exit(2);
  }
}

/** Runs a program in this one's place: passes signals on, and ends when it does and with its status. */
export function runInstead(command, words, env = process.env) {
  const child = spawn(command, words, { stdio: 'inherit', env });
  // the child decides when to end; our program takes a signal that reaches it twice, from a terminal and from here, for
  // one
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', ({ message }) => {
    console.error(`${command} could not be started: ${message}. Run "npm ci" again.`);
    process.exit(127);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
}
