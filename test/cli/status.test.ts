import { describe, expect, it } from 'vitest';
import { screenOf } from '../../cli/commands/status.ts';
import { sparkline } from '../../cli/sparkline.ts';
import type { Incident } from '../../core/catalogue/incidents.ts';
import { openIncident } from '../../core/operations/keeping/incident.ts';
import { noteStanding } from '../../core/operations/keeping/standing.ts';
import { overview } from '../../core/operations/orders/overview.ts';
import { type DatabaseStatus, type Status, status } from '../../core/operations/orders/status.ts';
import { backupOf, putBackup } from '../support/backups.ts';
import { preparedProject, project, sauvegarde } from '../support/cli.ts';
import { TestClock } from '../support/clock.ts';
import { testPlatform } from '../support/platform.ts';
import { incidentOf, backupOf as recordOf, runOf } from '../support/records.ts';

const at = '2026-11-22T17:00:00.000Z';

function databaseStatus(change: Partial<DatabaseStatus> = {}): DatabaseStatus {
  const { bytes, id, proof, rows, seconds, size, slot, startedAt } = recordOf('2026-11-22T02:00:00Z', { size: 12_400_000, bytes: 98_700_000, seconds: 41 });
  return {
    database: 'main',
    state: 'good',
    running: false,
    lastGood: { bytes, id, proof, rows, seconds, size, slot, startedAt },
    next: '2026-11-23T02:00:00.000Z',
    overdue: false,
    runs: { count: 30, succeeded: 29 / 30 },
    sizes: Array.from({ length: 30 }, (_, day) => 10_000_000 + day * 80_000),
    seconds: Array.from({ length: 30 }, (_, day) => 20 + (day % 3) * 10),
    restoreSeconds: 72,
    incidents: [],
    ...change,
  };
}

const linesOf = (change: Partial<Status>) =>
  screenOf({ at, well: true, databases: [databaseStatus()], incidents: [], ...change }, 'America/Cayenne').split('\n');

describe('the screen', () => {
  it('answers first, then says of each database what matters', () => {
    expect(linesOf({})).toEqual([
      'All is well: the database has a good backup',
      'on Sun 22 Nov 2026 14:00 (America/Cayenne)',
      '',
      'main                                     ok',
      '  last good  Sat 21 Nov 2026 23:00, 15 h old, proof: proven',
      `  size       ${sparkline(databaseStatus().sizes, 20)}  12.4 MB stored, 98.7 MB before compression`,
      `  duration   ${sparkline(databaseStatus().seconds, 20)}  41 s to dump, 1 min 12 s to restore`,
      '  30 days    96% of 30 runs succeeded; next Sun 22 Nov 2026 23:00',
    ]);
  });

  it('says between which times a backup begins, where that is left to the scheduler', () => {
    expect(linesOf({ databases: [databaseStatus({ window: 15 })] })).toContain('  30 days    96% of 30 runs succeeded; next Sun 22 Nov 2026 23:00 to 23:15');
  });

  it('counts what is wrong, and names it with its beginning', () => {
    const [answer, ...rest] = linesOf({
      well: false,
      databases: [
        databaseStatus({ state: 'failed', incidents: [incidentOf('2026-11-22T05:00:00Z')] }),
        databaseStatus({ database: 'shop', state: 'new', lastGood: undefined as never, sizes: [], seconds: [], runs: { count: 0 } }),
      ],
      incidents: [incidentOf('2026-11-20T05:00:00Z', { kind: 'sweep-failed' })],
    });
    expect(answer).toBe('2 open incidents, 1 database without a good backup');
    expect(rest).toEqual(
      expect.arrayContaining([
        'main                                     FAILED',
        '  ! the backup failed, since Sun 22 Nov 2026 02:00',
        '    there is no file /srv/app.sqlite3',
        'shop                                     NO BACKUP YET',
        '  last good  none',
        '  30 days    no runs yet; next Sun 22 Nov 2026 23:00',
        'vault',
        '  ! the clean-up failed, since Fri 20 Nov 2026 02:00',
      ]),
    );
  });

  it('is never wider than 80 columns, and lets no control character through', () => {
    const name = 'a'.repeat(40);
    const last = { ...incidentOf('2026-11-22T05:00:00Z').last, error: { name: 'X', message: `${'long '.repeat(60)}\n\u001b[2Jx` } };
    const incident: Incident = { ...incidentOf('2026-11-22T05:00:00Z'), last };
    const lines = linesOf({ well: false, databases: [databaseStatus({ database: name, incidents: [incident] })], incidents: [incident] });
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(80);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
  });
});

it.each([
  [[1, 2, 3, 4], '▃▅▆█'],
  [[5, 5, 5], '███'],
  [[0, 0], '▁▁'],
  [[], ''],
  [[9, 1, 2, 3, 4], '▃▅▆█'],
])('a sparkline of %j in four columns is %s', (numbers, drawn) => expect(sparkline(numbers, 4)).toBe(drawn));

describe('status', () => {
  it('counts the ended runs of 30 days, and shows good backups alone', async () => {
    const platform = await testPlatform({ rows: 1 });
    const { catalogue, clock } = platform;
    for (const [slot, succeeds] of [
      ['2026-11-22T02:00:00Z', true],
      ['2026-11-21T02:00:00Z', false],
      ['2026-11-20T02:00:00Z', true],
      ['2026-10-20T02:00:00Z', false],
    ] as const) {
      const run = runOf(slot);
      await catalogue.runs.open(run, { leaseEnds: clock.now(), now: new Date(slot), again: false });
      await catalogue.runs.end(run, succeeds ? { status: 'succeeded' } : { status: 'failed', error: { name: 'X', message: 'x' } }, clock.now());
    }
    for (const [slot, size] of [
      ['2026-11-20T02:00:00Z', 100],
      ['2026-11-22T02:00:00Z', 300],
    ] as const)
      await catalogue.backups.add(recordOf(slot, { size }));
    await catalogue.backups.add(recordOf('2026-11-21T02:00:00Z', { size: 200, proof: { verdict: 'refuted' } }));
    await noteStanding(platform, 'main');
    expect(await status(platform, {})).toMatchObject({
      well: true,
      databases: [
        { database: 'main', state: 'good', running: false, runs: { count: 3, succeeded: 2 / 3 }, sizes: [100, 300], next: '2026-11-23T02:00:00.000Z' },
      ],
    });
  });

  it.each([
    ['late', 'a day whose hour has just begun, where yesterday made none', '0 2 * * *', '2026-11-22T02:05:00Z', '2026-11-20T02:00:00Z'],
    ['good', 'the same, where yesterday made one', '0 2 * * *', '2026-11-22T02:05:00Z', '2026-11-21T02:00:00Z'],
    ['late', 'every hour, where nothing makes any', '0 * * * *', '2026-11-22T17:30:00Z', '2026-11-22T12:00:00Z'],
    ['good', 'every hour, where the last was made', '0 * * * *', '2026-11-22T17:30:00Z', '2026-11-22T16:00:00Z'],
  ])('is %s on %s', async (state, _, schedule, now, newest) => {
    const platform = await testPlatform({
      rows: 1,
      clock: new TestClock(now),
      config: { databases: { main: { engine: 'sqlite', file: './app.sqlite3', schedule } } },
    });
    await platform.catalogue.backups.add(recordOf(newest));
    await noteStanding(platform, 'main');
    expect((await status(platform, {})).databases).toMatchObject([{ state, overdue: state === 'late' }]);
    expect((await overview(platform, { days: 1 })).databases).toMatchObject([{ state }]);
  });

  const prepared = preparedProject({}, async (platform) => {
    await putBackup(platform, backupOf(new Date().toISOString()));
    await noteStanding(platform, 'app');
  });
  const late = preparedProject({}, async (platform) => {
    await putBackup(platform, backupOf('2026-01-22T02:00:00Z'));
    await noteStanding(platform, 'app');
  });
  const inTrouble = preparedProject({}, async (platform) => {
    await putBackup(platform, backupOf(new Date().toISOString()));
    await openIncident(platform, { database: 'app', kind: 'disk-low', subject: 'x', error: { name: 'disk-low', message: 'it is full' } });
  });

  it('exits with 0 when all is well', async () => {
    const { status, stdout } = await sauvegarde(prepared(), ['status']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^All is well: the database has a good backup/);
  });

  it('exits with 1 when a backup is late: perhaps nothing makes any', async () => {
    const { status, stdout } = await sauvegarde(late(), ['status']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^1 database late[\s\S]*^app +LATE$/m);
  });

  it('exits with 1 when an incident is open, and with --json says everything', async () => {
    const { status, stdout } = await sauvegarde(inTrouble(), ['status', '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ well: false, databases: [{ database: 'app', state: 'attention', incidents: [{ kind: 'disk-low' }] }] });
  });

  it('exits with 1 before there is a backup', async () => {
    const { status, stdout } = await sauvegarde(project(), ['status']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^1 database without a good backup/);
  });
});
