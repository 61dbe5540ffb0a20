import * as z from 'zod';
import type { ProveInput } from '../../core/operations/backup/prove.ts';
import { prove } from '../../core/operations/backup/prove.ts';
import { type ProofOutcomeInput, proofOutcome } from '../../core/operations/backup/prove-on-build.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { check, exported, failure, run } from '../shapes.ts';
import { checkHere } from './check.ts';
import { ports, toProve } from './ports.ts';

/** Input after the larger compute: what the build exported, and the error that the workflow caught, if any. */
const reading = z.strictObject({ run, exported, failure: failure.nullable() });

function parse(event: unknown): ProveInput | ProofOutcomeInput | z.output<typeof check> {
  if (has(event, 'check')) return parseEvent(check, event);
  return has(event, 'exported') ? parseEvent(reading, event) : parseEvent(toProve, event);
}

export { ports };
export const handler = lambda({
  ports,
  parse,
  operation: async (platform, asked, signal) => {
    if ('check' in asked) return checkHere(platform, asked, signal);
    return 'exported' in asked ? proofOutcome(asked) : prove(platform, asked, signal);
  },
  measure: (output) => {
    const proof = 'proof' in output ? output.proof : output;
    return 'seconds' in proof ? { ProofSeconds: proof.seconds, RestoreSeconds: proof.restoreSeconds } : {};
  },
});
