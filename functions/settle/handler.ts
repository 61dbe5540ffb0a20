import * as z from 'zod';
import { MailRefusedError } from '../../core/errors.ts';
import { type SettleInput, settle, settleInputOf } from '../../core/operations/backup/settle.ts';
import type { StatusEvent } from '../../core/workflow/execution.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, vault } from '../platform.ts';
import { failure, name, request, statusEvent } from '../shapes.ts';

/**
 * Input from the workflow. Unknown keys are dropped, so that an execution that somebody started with extra keys is
 * settled too.
 */
const input = z.object({
  ...request,
  execution: name,
  during: z.enum(['backup', 'rotation']),
  stopped: z.boolean().optional(),
  error: failure,
});

function parse(event: unknown): SettleInput {
  if (!has(event, 'detail-type')) return parseEvent(input, event);
  const { detail } = parseEvent(statusEvent, event);
  const { error, cause, ...rest } = detail;
  const known = { ...rest, ...(error != null && { error }), ...(cause != null && { cause }) };
  return parseEvent(input, settleInputOf({ detail: known } as StatusEvent));
}

export const ports = { vault, catalogue, mailer, notifier };
export const handler = lambda({
  ports,
  parse,
  operation: settle,
  check: ({ alertSent }) => {
    if (!alertSent)
      throw new MailRefusedError('the run is settled, but its alert could not be sent; the line before says why. It stays due and is tried again');
  },
  measure: ({ failed }, { error }) => ({ ...(failed && { RunFailed: 1 }), ...(failed && error.Error === 'BackupRefutedError' && { BackupRefuted: 1 }) }),
});
