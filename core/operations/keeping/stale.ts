import type { Run } from '../../catalogue/runs.ts';
import type { With } from '../../platform.ts';
import { reasonOfFailure } from '../../workflow/execution.ts';
import type { Ended } from '../../workflow/executions.ts';
import { settle } from '../backup/settle.ts';

/** Age, in milliseconds, beyond which no run can still be working: the workflow stops an execution after 24 hours. */
const longestRunMs = 26 * 3_600_000;
const withoutWord = { name: 'InterruptedError', message: 'it ended without recording a result' } as const;

/**
 * Settles a running run whose execution has ended without anybody recording it: its process is gone, its last event was
 * lost, or it has been running for longer than any run may. Returns false if it may still be working.
 */
export async function settleIfEnded(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier' | 'executions'>, run: Run): Promise<boolean> {
  const { catalogue, clock, executions, log } = platform;
  const isTooOld = clock.now().getTime() - Date.parse(run.startedAt) > longestRunMs;
  const end: Ended | undefined = (await executions.endOf(run.execution)) ?? (isTooOld ? { status: 'SUCCEEDED' } : undefined);
  // its last step may have recorded it since the run was read
  if (!end || (await catalogue.runs.get(run.id))?.status !== 'running') return false;
  const { cause, error, status } = end;
  const failure = { ...(error !== undefined && { Error: error }), ...(cause !== undefined && { Cause: cause }) };
  const { message, name } = status === 'SUCCEEDED' ? withoutWord : reasonOfFailure(failure, status);
  log.warn(`${run.id} has been running since ${run.startedAt}, and its execution is over; settling it: ${message}`, { run: run.id });
  await settle(platform, { ...run, again: false, during: 'backup', stopped: status === 'ABORTED', error: { Error: name, Cause: message } });
  return true;
}
