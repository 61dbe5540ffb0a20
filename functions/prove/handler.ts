import * as z from 'zod';
import { storedSchema } from '../../core/documents/manifest.ts';
import { prove } from '../../core/operations/prove.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { engines, tools, vault } from '../platform.ts';
import { compression, engine, run } from '../shapes.ts';

const input = z.strictObject({ run, engine, compression, dump: storedSchema.strict(), scan: storedSchema.strict() });

export const ports = { vault, tools, engines };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: prove,
  measure: ({ seconds }) => ({ ProofSeconds: seconds }),
});
