/**
 * Proves on the larger compute, for a dump that is too large for a function. `SAUVEGARDE_TO_PROVE` names the dump. The
 * project exports the outcome, and the workflow reads it there.
 */
import { proveOnBuild } from '../../core/operations/backup/prove-on-build.ts';
import { onBuild } from '../build.ts';
import { parseSettings } from '../settings.ts';
import { checkHere } from './check.ts';
import { ports, toProve } from './ports.ts';

await onBuild({
  ports,
  check: checkHere,
  read: () => toProve.parse(JSON.parse(parseSettings(['SAUVEGARDE_TO_PROVE'], process.env).SAUVEGARDE_TO_PROVE)),
  work: proveOnBuild,
});
