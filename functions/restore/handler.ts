import * as z from 'zod';
import { dumpTarget, type ReplacedStep, type RestoreStep, restoreInto } from '../../core/operations/orders/restore-by-workflow.ts';
import { type RestoreOutcomeInput, restoreOutcome } from '../../core/operations/orders/restore-on-build.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { check, exported, failure, run } from '../shapes.ts';
import { checkHere } from './check.ts';
import { ports, toDumpReplaced, toRestore } from './ports.ts';

/** Input after the larger compute: what the build exported, and the error that the workflow caught, if any. */
const reading = z.strictObject({ backup: run, exported, failure: failure.nullable() });

function parse(event: unknown): RestoreStep | ReplacedStep | RestoreOutcomeInput | z.output<typeof check> {
  if (has(event, 'check')) return parseEvent(check, event);
  if (has(event, 'replaced')) return parseEvent(toDumpReplaced, event);
  return has(event, 'exported') ? parseEvent(reading, event) : parseEvent(toRestore, event);
}

export { ports };
export const handler = lambda({
  ports,
  parse,
  operation: async (platform, asked, signal) => {
    if ('check' in asked) return checkHere(platform, asked, signal);
    if ('replaced' in asked) return dumpTarget(platform, asked, signal);
    return 'exported' in asked ? restoreOutcome(asked) : restoreInto(platform, asked, signal);
  },
  stopsFirst: true,
});
