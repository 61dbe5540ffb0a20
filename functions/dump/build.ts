/**
 * Dumps on the larger compute: CodeBuild runs this when a function has too little time. `SAUVEGARDE_RUN` and
 * `SAUVEGARDE_EXECUTION` name the dump. It ends with 0 once it has noted the dump's outcome in the run, even a failure:
 * the workflow reads it there, under its own name. Any other status means a build that was killed or could not note it,
 * and the workflow starts another.
 */
import { InterruptedError, reasonOf } from '../../core/errors.ts';
import { dumpOnBuild } from '../../core/operations/backup/dump-on-build.ts';
import { deadlineIn } from '../deadline.ts';
import { platformOf } from '../lambda.ts';
import { FunctionLog } from '../log.ts';
import { parseSettings } from '../settings.ts';
import { ports } from './ports.ts';

const log = new FunctionLog();
const stopped = new AbortController();
process.once('SIGTERM', () => stopped.abort(new InterruptedError('the build was stopped before the dump was done')));
try {
  const asked = parseSettings(['SAUVEGARDE_RUN', 'SAUVEGARDE_EXECUTION', 'SAUVEGARDE_MINUTES'], process.env);
  const { SAUVEGARDE_RUN: run, SAUVEGARDE_EXECUTION: execution, SAUVEGARDE_MINUTES: minutes } = asked;
  log.begin({ function: 'build', request: process.env.CODEBUILD_BUILD_ID ?? '', run });
  using deadline = deadlineIn(minutes * 60_000, 'build');
  const outcome = await dumpOnBuild(platformOf(ports, log), { run, execution }, AbortSignal.any([deadline.signal, stopped.signal]));
  if ('failure' in outcome) log.error(outcome.failure.Cause, { error: outcome.failure.Error });
} catch (error) {
  const { name, message } = reasonOf(error);
  log.error(message, { error: name });
  process.exitCode = 1;
}
process.exit(); // anything still open would be paid for by the minute
