/**
 * Restores on the larger compute. `SAUVEGARDE_TO_RESTORE` names the backup and the target. The project exports the
 * outcome, and the workflow reads it there.
 */
import { restoreOnBuild } from '../../core/operations/orders/restore-on-build.ts';
import { onBuild } from '../build.ts';
import { parseSettings } from '../settings.ts';
import { checkHere } from './check.ts';
import { ports, toRestore } from './ports.ts';

await onBuild({
  ports,
  check: checkHere,
  read: () => {
    const step = toRestore.parse(JSON.parse(parseSettings(['SAUVEGARDE_TO_RESTORE'], process.env).SAUVEGARDE_TO_RESTORE));
    return { run: step.backup, step };
  },
  work: (platform, { step }, signal) => restoreOnBuild(platform, step, signal),
});
