import { all } from '../../catalogue/page.ts';
import { errorFrom } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { settle } from '../backup/settle.ts';

/** Age, in milliseconds, beyond which no run can still be working: the workflow stops an execution after 24 hours. */
const longestRunMs = 26 * 3_600_000;

/** Settles runs that have ended without a word, such as those whose last event was lost. Returns their ids. */
export async function settleStale(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>): Promise<string[]> {
  const { catalogue, clock, log } = platform;
  const before = new Date(clock.now().getTime() - longestRunMs).toISOString();
  const stale = (await all((page) => catalogue.runs.list({ status: 'running', ...page }))).filter(({ startedAt }) => startedAt < before);
  for (const run of stale) {
    log.warn(`${run.id} has been running since ${run.startedAt}, longer than any run may; settling it`);
    const { message, name } = errorFrom('InterruptedError', 'it ended without recording a result');
    await settle(platform, { ...run, again: false, during: 'backup', error: { Error: name, Cause: message } });
  }
  return stale.map(({ id }) => id);
}
