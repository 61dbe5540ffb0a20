import * as z from 'zod';
import type { DumpOutput } from '../../core/documents/dumped.ts';
import type { Measured } from '../../core/metrics.ts';
import { type BuildOutcomeInput, buildOutcome } from '../../core/operations/backup/build-outcome.ts';
import { type DumpInput, dump } from '../../core/operations/backup/dump.ts';
import { checkDumping } from '../../core/operations/orders/check.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { reachedFrom } from '../place.ts';
import { check, failure, name, run } from '../shapes.ts';
import { ports } from './ports.ts';

const input = z.strictObject({ run, execution: name });

/** Input after the larger compute: includes the error that the workflow caught, if any. */
const reading = z.strictObject({ ...input.shape, failure: failure.nullable() });

function parse(event: unknown): DumpInput | BuildOutcomeInput | z.output<typeof check> {
  if (has(event, 'check')) return parseEvent(check, event);
  return has(event, 'failure') ? parseEvent(reading, event) : parseEvent(input, event);
}

export { ports };
export const handler = lambda({
  ports,
  parse,
  operation: async (platform, asked, signal) => {
    if ('check' in asked) return checkDumping({ ...platform, config: reachedFrom(platform.place, platform.config) }, signal, asked.families);
    return 'failure' in asked ? buildOutcome(platform, asked) : dump(platform, asked, signal);
  },
  measure: (output) => ('totals' in output ? measured(output) : 'dump' in output ? measured(output.dump) : {}),
});

function measured({ seconds, dump: { size } }: DumpOutput): Measured {
  return { DumpSeconds: seconds, DumpSize: size };
}
