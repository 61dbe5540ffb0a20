import { keysBeside } from '../../catalogue/backups.ts';
import { shortened } from '../../documents/shortened.ts';
import { ObjectMissingError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import type { Replicated, Replication } from '../../vault/replication.ts';
import { endIncident, openIncident } from './incident.ts';
import { standingOf } from './standing.ts';

/** Time, in milliseconds, that the store has for a copy: it makes most within minutes, large ones within hours. */
const longestMs = 6 * 3_600_000;

/**
 * Looks whether the newest good backup of each database has reached the copy that the store makes. One that failed, or
 * that is not there after six hours, opens the incident `copy-behind`; one that is there ends it. Idempotent.
 */
export async function watchReplication(platform: With<'catalogue' | 'mailer' | 'notifier'>, replication: Replication): Promise<void> {
  for (const database of Object.keys(platform.config.databases)) await watchOne(platform, replication, database);
}

async function watchOne(platform: With<'catalogue' | 'mailer' | 'notifier'>, replication: Replication, database: string): Promise<void> {
  const { lastGood: newest } = await standingOf(platform, database);
  if (!newest) return;
  const states = new Map<string, Replicated>();
  try {
    for (const key of [newest.manifest, ...keysBeside(newest)]) states.set(key, await replication.stateOf(key));
  } catch (error) {
    if (error instanceof ObjectMissingError) return; // that an object is missing is another incident
    throw error;
  }
  const lacking = [...states].flatMap(([key, state]) => (state === 'copied' ? [] : [key]));
  const failed = [...states.values()].includes('failed');
  const isLate = platform.clock.now().getTime() - Date.parse(newest.publishedAt) > longestMs;
  if (lacking.length === 0) return endIncident(platform, database, 'copy-behind');
  if (!failed && !isLate) return;
  const why = failed
    ? 'the store could not copy them'
    : [...states.values()].includes('none')
      ? 'the store was not told to copy them'
      : 'the store has not copied them yet';
  const message = `the copy in ${replication.place} lacks ${newest.id}: ${why} (${shortened(lacking).join(', ')})`;
  await openIncident(platform, { database, kind: 'copy-behind', subject: newest.id, error: { name: 'CopyBehindError', message } });
}
