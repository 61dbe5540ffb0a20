import * as z from 'zod';
import { UnexpectedError } from '../../core/errors.ts';
import { type Surroundings, watch } from '../../core/operations/keeping/watch.ts';
import { awsLimits } from '../../core/policy/aws-limits.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, executions, mailer, vault } from '../platform.ts';

const { buildMinutes, functionSeconds, proofScratchGib } = awsLimits;

/** The limits of a stack. A bucket is never full, and the authorities of RDS come with the bundle. */
const surroundings: Surroundings = {
  limits: { dumpSeconds: buildMinutes * 60, proofSeconds: functionSeconds, scratchBytes: proofScratchGib * 2 ** 30 },
  free: undefined,
  expiries: [],
};

/** Its schedule gives it nothing, and so does a person. */
const input = z.strictObject({});

export const ports = { vault, catalogue, mailer, executions };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: (platform) => watch(platform, surroundings),
  check: ({ failed }) => {
    if (failed.length > 0) throw new UnexpectedError(`watching failed for ${failed.join(', ')}; the lines before say why. It is tried again in an hour`);
  },
});
