import * as z from 'zod';
import { MailRefusedError } from '../../core/errors.ts';
import { type SettleInput, settle, settleInputOf } from '../../core/operations/backup/settle.ts';
import type { StatusEvent } from '../../core/workflow/execution.ts';
import { has, parseEvent } from '../event.ts';
import { lambda } from '../lambda.ts';
import { catalogue, mailer, notifier, vault } from '../platform.ts';
import { cause, failure, name, request, text } from '../shapes.ts';

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

/** Event from the rule on executions that failed, timed out or were aborted. */
const statusEvent = z.object({
  'detail-type': z.literal('Step Functions Execution Status Change'),
  source: z.literal('aws.states'),
  detail: z.object({
    executionArn: name,
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    input: z.string().refine(isJson, 'write the JSON of a request'),
    error: text.nullish(),
    cause: cause.nullish(),
  }),
});

function parse(event: unknown): SettleInput {
  if (!has(event, 'detail-type')) return parseEvent(input, event);
  const { detail } = parseEvent(statusEvent, event);
  const { error, cause, ...rest } = detail;
  const known = { ...rest, ...(error != null && { error }), ...(cause != null && { cause }) };
  return parseEvent(input, settleInputOf({ detail: known } as StatusEvent));
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
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
