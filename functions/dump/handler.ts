import * as z from 'zod';
import type { DumpOutput } from '../../core/documents/dump-output.ts';
import type { Measured } from '../../core/metrics.ts';
import { type BuildOutcomeInput, buildOutcome } from '../../core/operations/backup/build-outcome.ts';
import { type DumpInput, dump } from '../../core/operations/backup/dump.ts';
import { readRestored, type ToRead } from '../../core/operations/keeping/read-restored.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { check, database, failure, host, name, port, run } from '../shapes.ts';
import { checkHere } from './check.ts';
import { ports } from './ports.ts';

const input = z.strictObject({ run, execution: name });

/** Input after the larger compute: includes the error that the workflow caught, if any. */
const reading = z.strictObject({ ...input.shape, failure: failure.nullable() });

/** Restored instance that is read, instead of a dump. */
const restored = z.strictObject({ read: z.strictObject({ database, host, port }) });

function parse(event: unknown): DumpInput | BuildOutcomeInput | z.output<typeof check> | { read: ToRead } {
  if (has(event, 'read')) return parseEvent(restored, event);
  if (has(event, 'check')) return parseEvent(check, event);
  return has(event, 'failure') ? parseEvent(reading, event) : parseEvent(input, event);
}

export { ports };
export const handler = lambda({
  ports,
  parse,
  operation: async (platform, asked, signal) => {
    if ('check' in asked) return checkHere(platform, asked, signal);
    if ('read' in asked) return readRestored(platform, asked.read, signal);
    return 'failure' in asked ? buildOutcome(platform, asked) : dump(platform, asked, signal);
  },
  measure: (output) => ('totals' in output ? measured(output) : 'dump' in output ? measured(output.dump) : {}),
});

function measured({ seconds, dump: { size } }: DumpOutput): Measured {
  return { DumpSeconds: seconds, DumpSize: size };
}
