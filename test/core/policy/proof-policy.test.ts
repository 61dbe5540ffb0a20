import { expect, it } from 'vitest';
import type { Backup } from '../../../core/catalogue/backups.ts';
import { proofIsDue } from '../../../core/policy/proof-policy.ts';
import { backupOf } from '../../support/backups.ts';
import { standingFrom } from '../../support/standing.ts';

const proven = { proof: { verdict: 'proven' } } as const;

/** Slot of the last proven one of these, as a database's standing has it. */
function lastProvenOf(backups: Backup[]): Date | undefined {
  const { lastProven } = standingFrom('main', backups, undefined, []);
  return lastProven === undefined ? undefined : new Date(lastProven);
}

const sunday = new Date('2026-11-22T05:00:00Z');

it.each<[what: string, policy: 'every' | 'daily' | 'weekly' | 'off', backups: Backup[], due: boolean]>([
  ['every backup, after a proven one', 'every', [backupOf('2026-11-22T04:00Z', proven)], true],
  ['none when it is off', 'off', [], false],
  ['the first of all', 'daily', [], true],
  ['the first of the day', 'daily', [backupOf('2026-11-21T23:59Z', proven)], true],
  ['not the second of the day', 'daily', [backupOf('2026-11-22T00:01Z', proven)], false],
  ['the second of the day when the first was not proven', 'daily', [backupOf('2026-11-22T00:01Z')], true],
  ['not when it was proven as far as could be', 'daily', [backupOf('2026-11-22T00:01Z', { proof: { verdict: 'partial' } })], false],
  ['when the one that was proven was refuted', 'daily', [backupOf('2026-11-22T00:01Z', { proof: { verdict: 'refuted' } })], true],
  ['when the one that was proven has gone', 'daily', [backupOf('2026-11-22T00:01Z', { ...proven, status: 'missing' })], true],
  ['the first of the week', 'weekly', [backupOf('2026-11-15T23:59Z', proven)], true],
  ['not the second of the week, which began on Monday', 'weekly', [backupOf('2026-11-16T00:00Z', proven)], false],
])('proves %s', (_, policy, backups, due) => {
  expect(proofIsDue(policy, lastProvenOf(backups), sunday, 'UTC')).toBe(due);
});

it.each([
  ['UTC', true],
  ['America/Cayenne', false],
])('takes a day for what it is in %s', (zone, due) => {
  const lateOnTheDayBefore = backupOf('2026-11-21T22:00Z', proven);
  expect(proofIsDue('daily', lastProvenOf([lateOnTheDayBefore]), new Date('2026-11-22T02:59Z'), zone)).toBe(due);
});
