import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { storeDocument } from '../../../../core/bytes/stored.ts';
import type { Backup } from '../../../../core/catalogue/backups.ts';
import type { Incident } from '../../../../core/catalogue/incidents.ts';
import type { Page } from '../../../../core/catalogue/page.ts';
import type { ConfigInput } from '../../../../core/config/config.ts';
import { howToRestore } from '../../../../core/documents/how-to-restore.ts';
import { howToRestoreKey, runId } from '../../../../core/names.ts';
import { noteStanding } from '../../../../core/operations/keeping/standing.ts';
import { type Surroundings, type WatchOutput, watch } from '../../../../core/operations/keeping/watch.ts';
import type { Ended } from '../../../../core/workflow/executions.ts';
import { executionOf } from '../../../../local/presence.ts';
import { TestClock } from '../../../support/clock.ts';
import { executing } from '../../../support/executions.ts';
import { mailsOf } from '../../../support/mail.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { published } from '../../../support/published.ts';
import { backupOf, runOf } from '../../../support/records.ts';

const here: Surroundings = { limits: {}, free: undefined, expiries: [] };
const source = { engine: 'sqlite', file: 'app.sqlite3' } as const;

/** A platform whose clock stands at this instant, with a vault of ours; its executions take their time. */
async function platformAt(instant: string, config: Partial<ConfigInput> = {}): Promise<TestPlatform> {
  const platform = await testPlatform({ rows: 1, clock: new TestClock(instant), config });
  await storeDocument(platform.vault, howToRestoreKey, new TextEncoder().encode(howToRestore));
  return executing(platform, () => new Promise(() => undefined));
}

const incidentsOf = async ({ catalogue }: TestPlatform, ended = false): Promise<Incident[]> => (await catalogue.incidents.list({ ended })).items;
const kindsOf = async (platform: TestPlatform) => (await incidentsOf(platform)).map(({ kind }) => kind);
const startedIn = ({ started }: WatchOutput) => started.map(({ name, outcome }) => [name, outcome]);
const subjectsOf = (platform: TestPlatform) => mailsOf(platform).map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1]);

describe('a slot that nothing has started', () => {
  it('is started by watch an hour later, once, and told once; the next one on time ends it', async () => {
    const platform = await platformAt('2026-11-22T02:59:59Z');
    await published(platform, '2026-11-21T02:00:00Z', { member: 500 });
    expect(startedIn(await watch(platform, here))).toEqual([]);
    platform.clock.set('2026-11-22T03:00:01Z');
    expect(startedIn(await watch(platform, here))).toEqual([['main-20261122_020000Z', 'started']]);
    expect(await watch(platform, here)).toMatchObject({ started: [], overdue: ['main'] });
    expect(await kindsOf(platform)).toEqual(['slot-missed']);
    expect(subjectsOf(platform)).toEqual(['[Sauvegarde] main: a backup was not started on time']);
    platform.clock.set('2026-11-23T02:10:00Z');
    await published(platform, '2026-11-23T02:00:00Z', { member: 500 });
    expect(await watch(platform, here)).toMatchObject({ started: [], overdue: [] });
    expect(await kindsOf(platform)).toEqual([]);
    expect(subjectsOf(platform)).toHaveLength(2);
  });

  it('is started an hour later though the next one is due by then, unless anything has begun that', async () => {
    const platform = await platformAt('2026-11-22T05:00:02Z', { databases: { main: { ...source, schedule: '0 * * * *' } } });
    await published(platform, '2026-11-22T02:00:00Z', { member: 500 });
    await platform.catalogue.runs.open(runOf('2026-11-22T05:00:00Z'), { now: platform.clock.now(), leaseEnds: new Date('2026-11-22T06:00:00Z'), again: false });
    expect(await watch(platform, here)).toMatchObject({ started: [], overdue: [] });
    platform.clock.set('2026-11-22T08:20:00Z');
    expect(startedIn(await watch(platform, here))).toEqual([['main-20261122_070000Z', 'started']]);
    expect(await kindsOf(platform)).toContain('slot-missed');
    await published(platform, '2026-11-22T07:00:00Z', { member: 500 });
    platform.clock.set('2026-11-22T09:10:00Z');
    expect(startedIn(await watch(platform, here))).toEqual([['main-20261122_080000Z', 'started']]);
  });

  it('is started once by two watches at once, and told once', async () => {
    const platform = await platformAt('2026-11-22T05:00:00Z');
    await published(platform, '2026-11-21T02:00:00Z', { member: 500 });
    const outputs = await Promise.all([watch(platform, here), watch(platform, here)]);
    expect(outputs.flatMap(startedIn)).toEqual([['main-20261122_020000Z', 'started']]);
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it('is made up for after two days of silence, the latest alone', async () => {
    const platform = await platformAt('2026-11-24T09:00:00Z');
    await published(platform, '2026-11-21T02:00:00Z', { member: 500 });
    expect(startedIn(await watch(platform, here))).toEqual([['main-20261124_020000Z', 'started']]);
  });

  it('whose execution ended without a word is started under another name after six hours', async () => {
    const platform = await platformAt('2026-11-22T04:00:00Z');
    await published(platform, '2026-11-21T02:00:00Z', { member: 500 });
    await platform.executions.start('main-20261122_020000Z', { ...runOf('2026-11-22T02:00:00Z'), again: false });
    expect(startedIn(await watch(platform, here))).toEqual([]);
    expect(await kindsOf(platform)).toEqual([]);
    platform.clock.set('2026-11-22T08:00:01Z');
    expect(startedIn(await watch(platform, here))).toEqual([['main-20261122_020000Z_20261122_080001Z', 'started']]);
    expect(await kindsOf(platform)).toContain('slot-missed');
  });

  it.each(['2026-11-22T05:00:00Z', '2026-11-22T17:00:00Z'])('is no fault of anybody for a database that is new (%s)', async (now) => {
    const platform = await platformAt(now);
    expect(startedIn(await watch(platform, here))).toEqual([['main-20261122_020000Z', 'started']]);
    await watch(platform, here);
    expect(mailsOf(platform)).toEqual([]);
  });

  it('because summer time skips its hour is started, and no fault either', async () => {
    const platform = await platformAt('2026-03-29T02:30:00Z', { timeZone: 'Europe/Paris', databases: { main: { ...source, schedule: '30 2 * * *' } } });
    await published(platform, '2026-03-28T01:30:00Z', { member: 500 });
    expect(startedIn(await watch(platform, here))).toEqual([['main-20260329_010000Z', 'started']]);
    expect(mailsOf(platform)).toEqual([]);
  });

  it('is not looked for when the clock is two hours back', async () => {
    const platform = await platformAt('2026-11-22T03:30:00Z');
    await published(platform, '2026-11-22T02:00:00Z', { member: 500 });
    platform.clock.set('2026-11-22T01:30:00Z');
    expect(await watch(platform, here)).toMatchObject({ started: [], overdue: [], failed: [] });
    expect(mailsOf(platform)).toEqual([]);
  });

  it('of one database is started though another cannot be watched', async () => {
    const platform = await platformAt('2026-11-22T05:00:00Z', { databases: { bad: source, main: source } });
    await published(platform, '2026-11-21T02:00:00Z', { member: 500 });
    const { executions } = platform;
    const refusing = {
      ...platform,
      executions: {
        endOf: async () => undefined,
        start: async (name: string, input: Parameters<typeof executions.start>[1]) => {
          if (input.database === 'bad') throw new Error('not today');
          return executions.start(name, input);
        },
      },
    };
    const output = await watch(refusing, here);
    expect(output).toMatchObject({ failed: ['bad'] });
    expect(startedIn(output)).toEqual([['main-20261122_020000Z', 'started']]);
  });
});

describe('a run that hangs', () => {
  it('and whose execution is over is settled within the hour, by its own reason, and told', async () => {
    const platform = await platformAt('2026-11-22T03:00:00Z');
    const ends: Record<string, Ended> = {
      gone: { status: 'TIMED_OUT', error: 'SourceLockedError', cause: 'a lock' },
      over: { status: 'SUCCEEDED' },
      stopped: { status: 'ABORTED' },
    };
    const watched = { ...platform, executions: { start: async () => 'exists' as const, endOf: async (id: string) => ends[id] } };
    for (const [hour, execution] of [...Object.keys(ends), 'works'].entries()) {
      const [slot, now] = [`2026-11-22T0${hour}:00:00Z`, new Date('2026-11-22T02:55:00Z')];
      const run = { ...runOf(slot), kind: execution === 'stopped' ? ('manual' as const) : ('scheduled' as const), startedAt: now.toISOString(), execution };
      const id = runId(run.database, new Date(slot), run.kind);
      await platform.catalogue.runs.open({ ...run, id }, { leaseEnds: now, now, again: false });
    }
    expect((await watch(watched, here)).settled.sort()).toEqual(['main-20261122_000000Z', 'main-20261122_010000Z', 'main-20261122_020000Z_manual']);
    const runs = (await platform.catalogue.runs.list({})).items;
    const errors = Object.fromEntries(runs.map(({ error, execution }) => [execution, error?.message]));
    expect(errors).toEqual({
      gone: expect.stringContaining('longer than the workflow allows; its last try had failed: a lock (SourceLockedError)'),
      over: 'it ended without recording a result',
      stopped: 'the run was stopped before it had ended',
      works: undefined,
    });
    expect(await incidentsOf(platform)).toMatchObject([{ kind: 'backup-failed', count: 2 }]); // whoever has stopped one knows
    expect((await watch(watched, here)).settled).toEqual([]);
  });

  it('of which nothing more is known is settled after 26 hours, and told', async () => {
    const platform = await platformAt('2026-11-22T03:00:00Z');
    const run = { ...runOf('2026-11-21T02:00:00Z'), execution: executionOf(platform.presence.id, 'main-20261121_020000Z') };
    await platform.catalogue.runs.open(run, { leaseEnds: new Date('2026-11-22T03:00:00Z'), now: new Date(run.startedAt), again: false });
    expect((await watch(platform, here)).settled).toEqual([]);
    platform.clock.set('2026-11-22T04:00:01Z');
    expect((await watch(platform, here)).settled).toEqual([run.id]);
    expect(await platform.catalogue.runs.get(run.id)).toMatchObject({ status: 'failed', error: { name: 'InterruptedError' } });
    expect(await kindsOf(platform)).toContain('backup-failed');
    expect((await watch(platform, here)).settled).toEqual([]);
  });
});

describe('what watch finds in the backups', () => {
  /** Watches after each night's backup. */
  async function nights(tables: Record<string, number>[], sizes: number[] = []): Promise<TestPlatform> {
    const platform = await platformAt('2026-11-01T03:00:00Z');
    for (const [night, each] of tables.entries()) {
      const day = `2026-11-${String(night + 1).padStart(2, '0')}`;
      platform.clock.set(`${day}T02:30:00Z`);
      await published(platform, `${day}T02:00:00Z`, each, { bytes: sizes[night] ?? 5_000_000 });
      for (let times = 0; times < 3; times++) await watch(platform, here);
    }
    return platform;
  }

  it('a table that vanished is told once, and over when the next backup is like it', async () => {
    const [whole, less] = [{ member: 500, event: 20 }, { event: 20 }];
    const platform = await nights([whole, whole, less, less, less]);
    expect(subjectsOf(platform)).toEqual([
      '[Sauvegarde] main: tables or most of their rows are gone',
      '[Sauvegarde] main: resolved: no table has lost rows since',
    ]);
    expect(mailsOf(platform)[0]).toContain('compared with the backup before: member');
  });

  it('a dump that is suddenly small is told once, and acknowledged by the next of its size', async () => {
    const member = { member: 500 };
    const platform = await nights([member, member, member, member, member], [5e6, 5e6, 5e6, 2e6, 2e6]);
    expect(subjectsOf(platform)).toEqual([
      '[Sauvegarde] main: the backup has an unusual size',
      '[Sauvegarde] main: resolved: the size of the backups is steady again',
    ]);
  });

  it('files that were taken out of the vault by hand are missing, and so told', async () => {
    const platform = await platformAt('2026-11-22T02:30:00Z');
    await published(platform, '2026-11-22T02:00:00Z', { member: 500 });
    rmSync(join(platform.vault.root, 'main'), { recursive: true });
    await watch(platform, here);
    await watch(platform, here);
    expect(await platform.catalogue.backups.get('main-20261122_020000Z')).toMatchObject({ status: 'missing' });
    expect(subjectsOf(platform)).toEqual(['[Sauvegarde] main: a backup has gone from the vault']);
  });

  it('a vault that is empty as a whole is told as one, and no backup counts as missing: its disk may come back', async () => {
    const platform = await platformAt('2026-11-22T02:30:00Z');
    await published(platform, '2026-11-22T02:00:00Z', { member: 500 });
    rmSync(platform.vault.root, { recursive: true });
    await watch(platform, here);
    await watch(platform, here);
    expect(await platform.catalogue.backups.get('main-20261122_020000Z')).toMatchObject({ status: 'published' });
    expect(subjectsOf(platform)).toEqual(['[Sauvegarde] vault: a backup has gone from the vault']);
    await storeDocument(platform.vault, howToRestoreKey, new TextEncoder().encode(howToRestore));
    await published(platform, '2026-11-21T02:00:00Z', { member: 500 });
    platform.clock.set('2026-11-22T02:40:00Z');
    await watch(platform, here);
    expect((await incidentsOf(platform)).filter(({ database }) => database === undefined)).toEqual([]);
  });

  it('the password that reads a source and ends soon is told, until a backup was made with another', async () => {
    const platform = await platformAt('2026-11-22T02:30:00Z', { language: 'fr' });
    await published(platform, '2026-11-22T02:00:00Z', { member: 500 }, { passwordEnds: '2026-12-01T00:00:00Z' });
    await watch(platform, here);
    expect(await incidentsOf(platform)).toMatchObject([
      { kind: 'expiry-near', last: { details: { name: 'main', password: 1, at: '2026-12-01T00:00:00.000Z' } } },
    ]);
    expect(mailsOf(platform).join()).toContain('le mot de passe qui sert à sauvegarder main expire le mardi 1 décembre 2026');
    platform.clock.set('2026-11-23T02:30:00Z');
    await published(platform, '2026-11-23T02:00:00Z', { member: 500 });
    await watch(platform, here);
    expect(await incidentsOf(platform)).toEqual([]);
  });

  it('a lasting trouble is told once a day, and its end', async () => {
    const platform = await platformAt('2026-11-22T02:30:00Z');
    await published(platform, '2026-11-22T02:00:00Z', { member: 500 });
    for (let hour = 0; hour < 60; hour += 4) {
      platform.clock.set(new Date(Date.parse('2026-11-22T02:30:00Z') + hour * 3_600_000));
      await platform.catalogue.backups.add(backupOf(platform.clock.now().toISOString(), { id: `main-${hour}`, database: 'other' }));
      await watch(platform, { ...here, free: 10 });
    }
    const low = subjectsOf(platform).filter((subject) => subject?.includes('disk'));
    expect(low).toEqual(Array(3).fill('[Sauvegarde] vault: the disk of the backups is almost full'));
    await watch(platform, { ...here, free: 1e12 });
    expect(subjectsOf(platform).at(-1)).toBe('[Sauvegarde] vault: resolved: the disk of the backups has room again');
  });
});

it('a sender that is broken for two days is told of when it works again', async () => {
  const platform = await platformAt('2026-11-22T02:30:00Z');
  await published(platform, '2026-11-22T02:00:00Z', { member: 500 });
  const outbox = join(platform.state, 'outbox');
  writeFileSync(outbox, 'where the folder should be');
  await watch(platform, { ...here, free: 10 });
  platform.clock.set('2026-11-24T02:10:00Z');
  await published(platform, '2026-11-24T02:00:00Z', { member: 500 });
  await watch(platform, { ...here, free: 10 });
  expect(await kindsOf(platform)).toContain('alert-undelivered');
  rmSync(outbox);
  platform.clock.set('2026-11-24T02:20:00Z');
  await watch(platform, { ...here, free: 10 });
  expect(subjectsOf(platform)).toEqual(
    expect.arrayContaining(['[Sauvegarde] vault: the disk of the backups is almost full', '[Sauvegarde] vault: resolved: alerts are delivered again']),
  );
  expect(await kindsOf(platform)).toEqual(['disk-low']);
});

it('an incident of a database that is configured no more ends', async () => {
  const platform = await platformAt('2026-11-22T02:30:00Z');
  await published(platform, '2026-11-22T02:00:00Z', { member: 500 });
  await platform.catalogue.incidents.change('gone', 'backup-failed', () => ({
    database: 'gone',
    kind: 'backup-failed',
    since: '2026-11-20T02:00:00.000Z',
    last: { at: '2026-11-20T02:00:00.000Z', subject: 'gone-20261120_020000Z', error: { name: 'SourceMissingError', message: 'it is gone' } },
    count: 1,
    alert: { state: 'sent', at: '2026-11-20T02:00:00.000Z' },
  }));
  await watch(platform, here);
  expect(await incidentsOf(platform)).toEqual([]);
});

it('a database with 10,000 backups is watched by as few reads as one with 50', async () => {
  const platform = await platformAt('2026-11-22T02:30:00Z');
  await published(platform, '2026-11-21T02:00:00Z', { member: 500 });
  await published(platform, '2026-11-22T02:00:00Z', { member: 500 });
  const readBy = async () => {
    const list = vi.spyOn(platform.catalogue.backups, 'list');
    try {
      expect(await watch(platform, here)).toMatchObject({ failed: [], databases: { main: { incidents: 0 } } });
      const pages = await Promise.all(list.mock.results.map(({ value }) => value as Promise<Page<Backup>>));
      return pages.flatMap(({ items }) => items).length;
    } finally {
      list.mockRestore();
    }
  };
  const earlier = (first: number, count: number) =>
    Array.from({ length: count }, (_, place) =>
      backupOf(new Date(Date.parse('2026-11-22T02:00:00Z') - (first + place) * 86_400_000).toISOString(), { bytes: 5_000_000 }),
    );
  for (const backup of earlier(2, 48)) await platform.catalogue.backups.add(backup);
  await noteStanding(platform, 'main');
  const ofFifty = await readBy();
  for (const backup of earlier(50, 9950)) await platform.catalogue.backups.add(backup);
  await noteStanding(platform, 'main');
  expect(await readBy()).toBe(ofFifty);
});
