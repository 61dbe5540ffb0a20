/**
 * Dumps on the larger compute. `SAUVEGARDE_RUN` and `SAUVEGARDE_EXECUTION` name the dump. Its outcome is noted in the
 * run: the workflow reads it there, under its own name. A build that could not note it is made again by the workflow.
 */
import { dumpOnBuild } from '../../core/operations/backup/dump-on-build.ts';
import { onBuild } from '../build.ts';
import { parseSettings } from '../settings.ts';
import { checkHere } from './check.ts';
import { ports } from './ports.ts';

await onBuild({
  ports,
  check: checkHere,
  read: () => {
    const { SAUVEGARDE_RUN: run, SAUVEGARDE_EXECUTION: execution } = parseSettings(['SAUVEGARDE_RUN', 'SAUVEGARDE_EXECUTION'], process.env);
    return { run, execution };
  },
  work: async (platform, input, signal) => {
    const outcome = await dumpOnBuild(platform, input, signal);
    if ('failure' in outcome) platform.log.error(outcome.failure.Cause, { error: outcome.failure.Error });
    return 'noted';
  },
});
