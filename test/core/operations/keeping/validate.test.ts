import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../../../core/config/config.ts';
import { OutOfTimeError, SourceUnreachableError, UnexpectedError } from '../../../../core/errors.ts';
import type { RestoredInventory } from '../../../../core/operations/keeping/read-restored.ts';
import type { RestoreTest } from '../../../../core/operations/keeping/restore-tests.ts';
import { validate } from '../../../../core/operations/keeping/validate.ts';
import { lostFromAll } from '../../../../core/policy/watch/rows.ts';
import { productionInstance } from '../../../support/aws-backup.ts';
import { TestClock } from '../../../support/clock.ts';
import { never } from '../../../support/never.ts';
import { testPlatform } from '../../../support/platform.ts';
import { published } from '../../../support/published.ts';

const [older, newer] = ['main-20261121_020000Z', 'main-20261122_020000Z'];
const whole: RestoredInventory = { rows: { member: 500, order: 200 }, flaws: [] };
const held = { engine: 'sqlite', file: 'app.sqlite3', backedUpBy: productionInstance } as const;

/** A platform with two backups, and restore tests whose instance reads as the database, with changes. */
async function home(databases: ConfigInput['databases'] = { main: held }) {
  const platform = await testPlatform({ rows: 1, clock: new TestClock('2026-11-23T04:00:00Z'), config: { databases } });
  for (const slot of ['2026-11-21T02:00:00Z', '2026-11-22T02:00:00Z'])
    for (const database of Object.keys(databases)) await published(platform, slot, whole.rows, { database });
  const results: unknown[] = [];
  const validated = (read: () => Promise<RestoredInventory>, change: Partial<RestoreTest> = {}, signal = never) =>
    validate(
      {
        ...platform,
        reader: { read },
        restoreTests: {
          find: async (job) => ({ job, source: productionInstance, created: `${productionInstance}-restored`, isTest: true, ...change }),
          addressOf: async () => ({ host: 'restored', port: 5432 }),
          report: async (job, status, message) => void results.push([job, status, message]),
        },
      },
      { job: 'job-1' },
      signal,
    );
  const incidents = async () => (await platform.catalogue.incidents.list()).items.filter(({ kind }) => kind === 'restore-test-failed');
  return { results, validated, incidents };
}

describe('a restore test of AWS Backup', () => {
  it.each([
    ['older than every backup', '2026-11-20T12:00:00Z', 'compared with nothing, as no good backup is older'],
    ['between two backups', '2026-11-21T12:00:00Z', `compared with ${older} and ${newer}`],
    ['newer than every backup', '2026-11-23T02:00:00Z', `compared with ${newer}, `],
  ])('of a recovery point that is %s is compared with the backups around it', async (_, madeAt, against) => {
    const { validated } = await home();
    expect(await validated(async () => whole, { madeAt: new Date(madeAt) })).toMatchObject({
      status: 'SUCCESSFUL',
      message: expect.stringContaining(against),
    });
  });

  it('fails for what it has not, and for what cannot be read though the backups have it', async () => {
    const { incidents, validated } = await home();
    expect(await validated(async () => ({ rows: { member: 500 }, flaws: ['TABLE other: rows cannot be read'] }))).toMatchObject({
      status: 'FAILED',
      message: expect.stringContaining('missing: order; unreadable: TABLE other: rows cannot be read ('),
    });
    expect(await incidents()).toMatchObject([{ last: { subject: 'job-1', error: { name: 'RestoreTestFailedError' } } }]);
  });

  it('of an instance with several databases fails if one of them does, and tells of each', async () => {
    const { incidents, results, validated } = await home({ main: held, shop: { ...held, file: 'shop.sqlite3' } });
    const inventories = [whole, new SourceUnreachableError('no connection')];
    const read = async () => {
      const next = inventories.shift();
      if (next instanceof Error) throw next;
      return next as RestoredInventory;
    };
    await validated(read);
    expect(results).toEqual([['job-1', 'FAILED', expect.stringMatching(/^main: .*nothing is missing; shop: .*could not be read: no connection$/)]]);
    expect(await incidents()).toMatchObject([{ database: 'shop' }]);
  });

  it('that takes longer than a function may is told as that before the time is up', async () => {
    const { results, validated } = await home();
    const time = new AbortController();
    const validating = validated(() => new Promise(() => time.abort(new OutOfTimeError("the function's time was up"))), {}, time.signal);
    expect(await validating).toMatchObject({ status: 'TIMED_OUT' });
    expect(results).toHaveLength(1);
  });

  it('for which AWS does not answer is tried again: nothing is told', async () => {
    const { incidents, results, validated } = await home();
    const failing = async () => {
      throw new UnexpectedError('the function dump could not be called: TooManyRequestsException');
    };
    await expect(validated(failing)).rejects.toBeInstanceOf(UnexpectedError);
    expect([results, await incidents()]).toEqual([[], []]);
  });

  it('has lost what each of the backups around it has', () => {
    const [before, after] = [new Map(Object.entries({ kept: 200, dropped: 200, emptied: 200 })), new Map(Object.entries({ kept: 200, emptied: 200 }))];
    const rows = new Map([['emptied', 0]]);
    expect(lostFromAll([before, after], rows)).toEqual({ gone: ['kept'], shrunk: ['emptied'] });
    expect(lostFromAll([before], rows)).toEqual({ gone: ['kept', 'dropped'], shrunk: ['emptied'] });
    expect(lostFromAll([], rows)).toEqual({ gone: [], shrunk: [] });
  });
});
