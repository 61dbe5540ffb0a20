import * as z from 'zod';
import { storedSchema } from '../../core/documents/stored-object.ts';
import { prove } from '../../core/operations/backup/prove.ts';
import { checkProving } from '../../core/operations/orders/check.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { engines, tools, vault } from '../platform.ts';
import { check, compression, engine, run } from '../shapes.ts';

const input = z.strictObject({ run, engine, compression, dump: storedSchema.strict(), scan: storedSchema.strict() });

export const ports = { vault, tools, engines };
export const handler = lambda({
  ports,
  parse: (event) => (has(event, 'check') ? parseEvent(check, event) : parseEvent(input, event)),
  operation: async (platform, asked, signal) => ('check' in asked ? checkProving(platform, signal, asked) : prove(platform, asked, signal)),
  measure: (output) => ('seconds' in output ? { ProofSeconds: output.seconds, RestoreSeconds: output.restoreSeconds } : {}),
});
