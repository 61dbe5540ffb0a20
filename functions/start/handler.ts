import * as z from 'zod';
import { startRestore } from '../../core/operations/orders/restore-by-workflow.ts';
import { type StartInput, start } from '../../core/operations/orders/start.ts';
import { startVerification } from '../../core/operations/orders/verify-by-workflow.ts';
import type { RestoreRequest, VerifyRequest } from '../../core/workflow/order-requests.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { executions, restores, verifications } from '../platform.ts';
import { database, instant, name, restoreOptions, run, text } from '../shapes.ts';

/**
 * Request of a person: `{}`, `{"database":"main"}`, `{"database":"main","requestedBy":"cli:alice"}`. `at` is the slot,
 * if a repetition must start nothing: the console has reserved it, or it is the time of a new stack's event, which
 * EventBridge and Lambda may deliver more than once.
 */
const asked = z.strictObject({ database: database.optional(), requestedBy: name.default('console'), at: instant.optional() });

/** Order that `administer` has taken down: a repetition starts nothing. */
const order = { backup: run, at: instant, requestedBy: name };
const ordered = z.discriminatedUnion(
  'order',
  [
    z.strictObject({ ...order, order: z.literal('verify') }),
    z.strictObject({ ...order, order: z.literal('restore'), to: text, confirmed: text, options: restoreOptions }),
  ],
  { error: 'write "verify" or "restore"' },
);

/** Event of EventBridge Scheduler, at the hour of one database. */
const scheduled = z.strictObject({ database, scheduled: instant });

/** Scheduled event of EventBridge, as the console's "Test" offers it, for every database. */
const eventBridge = z.strictObject({
  'detail-type': z.literal('Scheduled Event'),
  source: z.literal('aws.events'),
  time: instant,
  version: text.optional(),
  id: text.optional(),
  account: text.optional(),
  region: text.optional(),
  resources: z.array(text).optional(),
  detail: z.object({}).optional(),
});

function parse(event: unknown): StartInput | VerifyRequest | RestoreRequest {
  if (has(event, 'order')) {
    const { requestedBy: by, ...request } = parseEvent(ordered, event);
    return { ...request, by, claimed: true };
  }
  if (has(event, 'detail-type')) return { scheduled: parseEvent(eventBridge, event).time, requestedBy: 'scheduler' };
  if (has(event, 'scheduled')) return { ...parseEvent(scheduled, event), requestedBy: 'scheduler' };
  const { database, requestedBy, at } = parseEvent(asked, event);
  return { requestedBy, ...(database !== undefined && { database }), ...(at !== undefined && { at }) };
}

export const ports = { executions, verifications, restores };
export const handler = lambda({
  ports,
  parse,
  operation: async (platform, asked) => {
    if (!('order' in asked)) return start(platform, { ...asked, claimed: true });
    return asked.order === 'verify' ? startVerification(platform, asked) : startRestore(platform, asked);
  },
});
