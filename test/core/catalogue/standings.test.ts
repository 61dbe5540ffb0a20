import { expect, it } from 'vitest';
import { withRun } from '../../../core/catalogue/standings.ts';
import { backupOf, runOf } from '../../support/records.ts';
import { standingFrom } from '../../support/standing.ts';

const proven = { verdict: 'proven' } as const;

it('counts good backups only: the newest of them, and the newest that was proven', () => {
  const backups = [
    backupOf('2026-11-20T02:00:00Z', { proof: { verdict: 'partial' } }),
    backupOf('2026-11-24T02:00:00Z', { status: 'retired', proof: proven, size: 1 }),
    backupOf('2026-11-21T02:00:00Z', { proof: { verdict: 'none' } }),
    backupOf('2026-11-23T02:00:00Z', { status: 'missing', proof: proven }),
    backupOf('2026-11-22T02:00:00Z', { proof: { verdict: 'refuted' } }),
  ];
  const standing = standingFrom('main', backups, undefined, []);
  expect(standing).toEqual({
    database: 'main',
    lastGood: backups[2],
    lastProven: '2026-11-20T02:00:00.000Z',
    published: 3,
    stored: 3 * 12_345_678 + 1,
    incidents: [],
  });
});

it('of a database without records is empty', () => {
  expect(standingFrom('main', [], undefined, [])).toEqual({ database: 'main', published: 0, stored: 0, incidents: [] });
});

it('takes a run in, unless it has one of a newer slot', () => {
  const [older, newer] = [runOf('2026-11-21T02:00:00Z'), runOf('2026-11-22T02:00:00Z')];
  const standing = withRun(standingFrom('main', [], undefined, []), newer);
  expect(standing.lastRun).toEqual(newer);
  expect(withRun(standing, older)).toEqual(standing);
  expect(withRun(standing, { ...newer, attempts: 2 }).lastRun).toEqual({ ...newer, attempts: 2 });
});
