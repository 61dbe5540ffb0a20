import * as z from 'zod';
import { proofSchema } from '../../core/documents/proof.ts';
import { type BegunVerification, beginVerification, type EndedVerification, endVerification } from '../../core/operations/orders/verify-apart.ts';
import { type Failure, reasonOfFailure } from '../../core/workflow/execution.ts';
import type { VerifyRequest } from '../../core/workflow/ordered.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, vault } from '../platform.ts';
import { failure, instant, name, run, statusEvent } from '../shapes.ts';

/** Input of the execution of an order. An author is the event's word, as for every function. */
const request = {
  order: z.literal('verify'),
  backup: run,
  at: instant,
  by: name,
  claimed: z
    .boolean()
    .optional()
    .transform(() => true),
};
const beginning = z.strictObject(request);
const ending = z.strictObject({ ...request, proof: proofSchema.strict().nullable(), failure: failure.nullable() });

function parse(event: unknown): VerifyRequest | EndedVerification {
  if (!has(event, 'detail-type')) return has(event, 'proof') ? parseEvent(ending, event) : parseEvent(beginning, event);
  const { detail } = parseEvent(statusEvent, event);
  const caught: Partial<Failure> = { ...(detail.error != null && { Error: detail.error }), ...(detail.cause != null && { Cause: detail.cause }) };
  const reason = reasonOfFailure(caught, detail.status);
  return parseEvent(ending, { ...(JSON.parse(detail.input) as object), proof: null, failure: { Error: reason.name, Cause: reason.message } });
}

export const ports = { vault, catalogue, mailer, notifier };
export const handler = lambda({
  ports,
  parse,
  operation: (platform, asked): Promise<BegunVerification | { recorded: boolean }> =>
    'proof' in asked ? endVerification(platform, asked) : beginVerification(platform, asked),
});
