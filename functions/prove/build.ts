/**
 * Proves on the larger compute: CodeBuild runs this for a dump that is too large for a function. `SAUVEGARDE_TO_PROVE`
 * names the dump. It writes the outcome, even a failure, into the file that its one argument names, and ends with 0;
 * the project exports it, and the workflow reads it there. Any other status means a build that was killed.
 */
import { writeFile } from 'node:fs/promises';
import { ConfigurationError, InterruptedError, reasonOf } from '../../core/errors.ts';
import { proveOnBuild } from '../../core/operations/backup/prove-on-build.ts';
import { deadlineIn } from '../deadline.ts';
import { platformOf } from '../lambda.ts';
import { FunctionLog } from '../log.ts';
import { parseSettings } from '../settings.ts';
import { ports, toProve } from './ports.ts';

const log = new FunctionLog();
const stopped = new AbortController();
process.once('SIGTERM', () => stopped.abort(new InterruptedError('the build was stopped before the proof was done')));
try {
  const [, , file] = process.argv;
  if (file === undefined) throw new ConfigurationError('name the file for the outcome');
  const { SAUVEGARDE_TO_PROVE: asked, SAUVEGARDE_MINUTES: minutes } = parseSettings(['SAUVEGARDE_TO_PROVE', 'SAUVEGARDE_MINUTES'], process.env);
  const input = toProve.parse(JSON.parse(asked));
  log.begin({ function: 'build', request: process.env.CODEBUILD_BUILD_ID ?? '', run: input.run });
  using deadline = deadlineIn(minutes * 60_000, 'build');
  await writeFile(file, await proveOnBuild(platformOf(ports, log), input, AbortSignal.any([deadline.signal, stopped.signal])));
} catch (error) {
  const { name, message } = reasonOf(error);
  log.error(message, { error: name });
  process.exitCode = 1;
}
process.exit(); // anything still open would be paid for by the minute
