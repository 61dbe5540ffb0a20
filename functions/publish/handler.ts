import * as z from 'zod';
import { proofSchema } from '../../core/documents/proof.ts';
import { identitySchema } from '../../core/documents/source-identity.ts';
import { storedSchema } from '../../core/documents/stored-object.ts';
import { publish } from '../../core/operations/backup/publish.ts';
import { parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, vault } from '../platform.ts';
import { compression, engine, failure, instant, name, prover, run, text } from '../shapes.ts';

const count = z.int().min(0);
const stored = storedSchema.strict();
const dumped = z.strictObject({
  engine,
  prover,
  product: z.strictObject({ name: text, version: text }).optional(),
  identity: identitySchema.optional(),
  compression,
  startedAt: instant,
  seconds: z.number(),
  dump: stored,
  scan: stored,
  flaws: z.array(z.string()).optional(),
  totals: z.strictObject({ tables: count, rows: count, bytes: count }),
});
const input = z.strictObject({
  run,
  execution: name,
  dump: dumped,
  proof: proofSchema.strict().nullable(),
  reason: text.optional(),
  unproven: failure.nullable().default(null),
  proveOn: z.enum(['function', 'build']).default('function'),
});

/** Includes a mailer, because the first backup after a failure notifies those who were alerted. */
export const ports = { vault, catalogue, mailer, notifier };
export const handler = lambda({
  ports,
  parse: (event) => parseEvent(input, event),
  operation: publish,
  measure: () => ({ BackupPublished: 1 }),
});
