import * as z from 'zod';
import { proofSchema } from '../../core/documents/proof.ts';
import { beginRestore, type EndedRestore, endRestore } from '../../core/operations/orders/restore-by-workflow.ts';
import { restoredSchema } from '../../core/operations/orders/restore-on-build.ts';
import { beginVerification, type EndedVerification, endVerification } from '../../core/operations/orders/verify-by-workflow.ts';
import { type Failure, reasonOfFailure } from '../../core/workflow/execution.ts';
import type { RestoreRequest, VerifyRequest } from '../../core/workflow/order-requests.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, openedVault } from '../platform.ts';
import { claimed, failure, instant, name, restoreOptions, run, statusEvent, text } from '../shapes.ts';

/** Input of the execution of an order, by its kind. */
const request = { backup: run, at: instant, by: name, claimed };
const verify = { ...request, order: z.literal('verify') };
const restore = { ...request, order: z.literal('restore'), to: text, confirmed: text, options: restoreOptions };
const beginning = z.discriminatedUnion('order', [z.strictObject(verify), z.strictObject({ ...restore, execution: name.default('') })], {
  error: 'write "verify" or "restore"',
});

const ended = { failure: failure.nullable() };
const ending = z.discriminatedUnion(
  'order',
  [
    z.strictObject({ ...verify, ...ended, proof: proofSchema.strict().nullable() }),
    z.strictObject({ ...restore, ...ended, restored: restoredSchema.nullable() }),
  ],
  { error: 'write "verify" or "restore"' },
);

/** Order to restore, with the execution that carries it out. */
type Beginning = RestoreRequest & { execution: string };

function parse(event: unknown): VerifyRequest | Beginning | EndedVerification | EndedRestore {
  if (!has(event, 'detail-type')) return has(event, 'failure') ? parseEvent(ending, event) : parseEvent(beginning, event);
  const { detail } = parseEvent(statusEvent, event);
  const caught: Partial<Failure> = { ...(detail.error != null && { Error: detail.error }), ...(detail.cause != null && { Cause: detail.cause }) };
  const reason = reasonOfFailure(caught, detail.status);
  const asked = parseEvent(beginning, JSON.parse(detail.input));
  const failed = { failure: { Error: reason.name, Cause: reason.message } };
  return asked.order === 'verify' ? { ...asked, ...failed, proof: null } : { ...asked, ...failed, restored: null };
}

/** Begins an order, or ends it. */
function operation(platform: Parameters<typeof beginVerification>[0], asked: ReturnType<typeof parse>): Promise<object> {
  if ('proof' in asked) return endVerification(platform, asked);
  if ('restored' in asked) return endRestore(platform, asked);
  return asked.order === 'verify' ? beginVerification(platform, asked) : beginRestore(platform, asked);
}

export const ports = { vault: openedVault, catalogue, mailer, notifier };
export const handler = lambda({ ports, parse, operation });
