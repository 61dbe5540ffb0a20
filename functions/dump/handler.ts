import * as z from 'zod';
import type { Measured } from '../../core/metrics.ts';
import { checkDumping } from '../../core/operations/check.ts';
import { type DumpInput, type DumpOutput, dump } from '../../core/operations/dump.ts';
import { type ReadDumpInput, readDump } from '../../core/operations/read-dump.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { check, failure, name, run } from '../shapes.ts';
import { ports } from './ports.ts';

const input = z.strictObject({ run, execution: name });

/** After the larger compute: with what the workflow caught, if it did. */
const reading = z.strictObject({ ...input.shape, failure: failure.nullable() });

function parse(event: unknown): DumpInput | ReadDumpInput | z.output<typeof check> {
  if (has(event, 'check')) return parseEvent(check, event);
  return has(event, 'failure') ? parseEvent(reading, event) : parseEvent(input, event);
}

export { ports };
export const handler = lambda({
  ports,
  parse,
  operation: async (platform, asked, signal) => {
    if ('check' in asked) return checkDumping(platform, signal, asked.families);
    return 'failure' in asked ? readDump(platform, asked) : dump(platform, asked, signal);
  },
  measure: (output) => ('totals' in output ? measured(output) : 'dump' in output ? measured(output.dump) : {}),
});

function measured({ seconds, dump: { size } }: DumpOutput): Measured {
  return { DumpSeconds: seconds, DumpSize: size };
}
