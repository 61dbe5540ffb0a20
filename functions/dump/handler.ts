import * as z from 'zod';
import { dump } from '../../core/operations/dump.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, engines, reveal, tools, vault } from '../platform.ts';
import { name, run } from '../shapes.ts';

const input = z.strictObject({ run, execution: name });

export const ports = { vault, catalogue, tools, reveal, engines };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: dump,
  measure: ({ seconds, dump }) => ({ DumpSeconds: seconds, DumpSize: dump.size }),
});
