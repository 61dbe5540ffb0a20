import { writeFile } from 'node:fs/promises';
import type * as z from 'zod';
import { ConfigurationError, InterruptedError, reasonOf } from '../core/errors.ts';
import type { Finding } from '../core/operations/orders/check.ts';
import { checkOnBuild } from '../core/operations/orders/check-on-build.ts';
import { deadlineIn } from './deadline.ts';
import { type Made, type Ports, platformOf } from './lambda.ts';
import { FunctionLog } from './log.ts';
import { parseSettings } from './settings.ts';
import { check } from './shapes.ts';

interface Work<Given extends Ports, Input extends { run: string }> {
  ports: Given;
  /** Reads from the environment what to do. Throws ConfigurationError if a setting is missing. */
  read(): Input;
  /** Does it, and returns the text to hand on. */
  work(platform: Made<Given>, input: Input, signal: AbortSignal): Promise<string>;
  /** Checks what the work needs. */
  check(platform: Made<Given>, asked: z.output<typeof check>, signal: AbortSignal): Promise<Finding[]>;
}

/**
 * Runs on the larger compute, where a function has too little time. `SAUVEGARDE_CHECK` orders a check instead of the
 * work. Writes the text to hand on into the file that the program's one argument names, for the project to export, and
 * ends the process: with 0 once the outcome is noted, even a failure; any other status means a build that was killed or
 * could not note it.
 */
export async function onBuild<Given extends Ports, Input extends { run: string }>({ ports, read, work, ...others }: Work<Given, Input>): Promise<never> {
  const log = new FunctionLog();
  const stopped = new AbortController();
  process.once('SIGTERM', () => stopped.abort(new InterruptedError('the build was stopped before its work was done')));
  try {
    const [, , file] = process.argv;
    if (file === undefined) throw new ConfigurationError('name the file for the outcome');
    const { SAUVEGARDE_CHECK: order, SAUVEGARDE_MINUTES: minutes } = parseSettings(['SAUVEGARDE_CHECK', 'SAUVEGARDE_MINUTES'], process.env);
    const keys = { function: 'build', request: process.env.CODEBUILD_BUILD_ID ?? '' };
    using deadline = deadlineIn(minutes * 60_000, 'build');
    const signal = AbortSignal.any([deadline.signal, stopped.signal]);
    log.begin(keys);
    if (order !== '') await writeFile(file, await checkOnBuild(() => others.check(platformOf(ports, log), check.parse(JSON.parse(order)), signal)));
    else {
      const input = read();
      log.begin({ ...keys, run: input.run });
      await writeFile(file, await work(platformOf(ports, log), input, signal));
    }
  } catch (error) {
    const { name, message } = reasonOf(error);
    log.error(message, { error: name });
    process.exitCode = 1;
  }
  process.exit(); // anything still open would be paid for by the minute
}
