import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import { MailRefusedError } from '../../core/errors.ts';
import type { Message } from '../../core/mail/mailer.ts';
import { openIncident } from '../../core/operations/keeping/incident.ts';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { serveSchedules, upcoming } from '../../local/scheduler.ts';
import { type TestClock, WatchedClock } from '../support/clock.ts';
import { executing, untold } from '../support/executions.ts';
import { testPlatform } from '../support/platform.ts';

type Served = { at: string; slot: string };

/** Skips the part of a day when nothing is due, as if the machine were asleep. */
function skipQuietHours(clock: TestClock): void {
  const hour = clock.now().getUTCHours();
  if (hour >= 6 && hour < 22) clock.set(`${clock.now().toISOString().slice(0, 10)}T22:00:00Z`);
}

/** What is asked of the workflow, and when, from one instant to another; `onSleep` may move the clock. */
async function served(
  from: string,
  to: string,
  {
    config = {},
    onSleep = () => undefined,
    main = {},
  }: { config?: Partial<ConfigInput>; onSleep?: (clock: TestClock) => void; main?: { schedule?: string } } = {},
): Promise<Served[]> {
  const controller = new AbortController();
  const clock = new WatchedClock(from, (now) => {
    if (now.now() >= new Date(to)) controller.abort();
    onSleep(now);
  });
  const databases = { main: { engine: 'sqlite', file: 'app.sqlite3', ...main } } as const;
  const platform = await testPlatform({ rows: 1, clock, config: { databases, ...config } });
  const asked: Served[] = [];
  const backup = async ({ slot }: BackupRequest) => {
    asked.push({ at: clock.now().toISOString(), slot });
  };
  await serveSchedules(executing(platform, backup), untold, controller.signal);
  return asked;
}

const onTime = (...slots: string[]) => slots.map((slot) => ({ at: slot, slot }));

describe('schedules', () => {
  it.each([
    [
      'the spring change, when 02:00 does not exist',
      'Europe/Paris',
      '0 2 * * *',
      '2026-03-28T20:00:00Z',
      '2026-03-30T06:00:00Z',
      ['2026-03-29T01:00:00.000Z', '2026-03-30T00:00:00.000Z'],
    ],
    [
      'the spring change, when 02:30 does not exist',
      'Europe/Paris',
      '30 2 * * *',
      '2026-03-28T20:00:00Z',
      '2026-03-30T06:00:00Z',
      ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    ],
    [
      'the autumn change, when 02:00 comes twice',
      'Europe/Paris',
      '0 2 * * *',
      '2026-10-24T20:00:00Z',
      '2026-10-26T06:00:00Z',
      ['2026-10-25T00:00:00.000Z', '2026-10-26T01:00:00.000Z'],
    ],
    [
      'the autumn change, when 02:30 comes twice',
      'Europe/Paris',
      '30 2 * * *',
      '2026-10-24T20:00:00Z',
      '2026-10-26T06:00:00Z',
      ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    ],
    [
      'a zone that has none',
      'America/Cayenne',
      '0 2 * * *',
      '2026-10-24T20:00:00Z',
      '2026-10-26T06:00:00Z',
      ['2026-10-25T05:00:00.000Z', '2026-10-26T05:00:00.000Z'],
    ],
  ])('are served at the right instants, once a day, over %s', async (_, timeZone, schedule, from, to, slots) => {
    const [, ...regular] = await served(from, to, { config: { timeZone }, main: { schedule }, onSleep: skipQuietHours });
    expect(regular).toEqual(onTime(...slots));
  });

  it('are looked at often enough to notice a clock that was set', async () => {
    const sleeps: number[] = [];
    const clock = (now: TestClock) => sleeps.push(now.slept.at(-1) ?? 0);
    await served('2026-11-22T01:00:00Z', '2026-11-22T03:00:00Z', { onSleep: clock });
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(30);
  });

  it('begin with the slot that is due', async () => {
    expect(await served('2026-11-22T17:00:00Z', '2026-11-22T18:00:00Z')).toEqual([{ at: '2026-11-22T17:00:00.000Z', slot: '2026-11-22T02:00:00.000Z' }]);
  });

  it('make up for the latest slot only when the machine slept for three days', async () => {
    let asleep = false;
    const sleepOnce = (clock: TestClock) => {
      if (asleep || clock.now() < new Date('2026-11-20T12:00:00Z')) return;
      asleep = true;
      clock.set('2026-11-23T09:00:00Z');
    };
    const [, ...after] = await served('2026-11-20T11:50:00Z', '2026-11-23T10:00:00Z', { onSleep: sleepOnce });
    expect(after.map(({ slot }) => slot)).toEqual(['2026-11-23T02:00:00.000Z']);
  });

  it.each([
    ['a few seconds', '2026-11-22T01:59:50Z'],
    ['an hour', '2026-11-22T01:00:00Z'],
    ['two days', '2026-11-20T12:00:00Z'],
  ])('start nothing by itself when the clock is set back by %s', async (_, back) => {
    let set = false;
    const setOnce = (clock: TestClock) => {
      if (set || clock.now() < new Date('2026-11-22T02:00:10Z')) return;
      set = true;
      clock.set(back);
    };
    const asked = await served('2026-11-22T01:00:00Z', '2026-11-22T02:00:10Z', { onSleep: setOnce });
    expect(asked.map(({ slot }) => slot)).toEqual(['2026-11-21T02:00:00.000Z', '2026-11-22T02:00:00.000Z']);
  });

  it('go on when a clock that was years ahead is set right', async () => {
    let set = false;
    const setRight = (clock: TestClock) => {
      if (!set) clock.set('2026-11-21T12:00:00Z');
      set = true;
    };
    const controller = new AbortController();
    const clock = new WatchedClock('2031-01-01T12:00:00Z', (now) => {
      setRight(now);
      skipQuietHours(now);
      if (now.now() > new Date('2026-11-23T03:00:00Z')) controller.abort();
    });
    const platform = await testPlatform({ rows: 1, clock });
    const slots: string[] = [];
    const backup = async ({ slot }: BackupRequest) => slots.push(slot);
    await serveSchedules(executing(platform, backup), untold, controller.signal);
    // watch makes up for the slot of the 21st: a backup from the future serves none
    expect(slots).toEqual(['2031-01-01', '2026-11-21', '2026-11-22', '2026-11-23'].map((day) => `${day}T02:00:00.000Z`));
  });

  it('are watched five minutes after the start, and then every hour', async () => {
    const tries: string[] = [];
    const controller = new AbortController();
    const clock = new WatchedClock('2026-11-22T03:00:00Z', (now) => {
      if (now.now() >= new Date('2026-11-22T06:00:00Z')) controller.abort();
    });
    const send = async ({ subject }: Message) => {
      if (subject.includes('could not be retired')) tries.push(clock.now().toISOString().slice(11, 16));
      throw new MailRefusedError('the mail server is down');
    };
    const platform = { ...(await testPlatform({ rows: 1, clock })), mailer: { send } as never };
    await openIncident(platform, { database: 'main', kind: 'rotation-failed', subject: 'x', error: { name: 'StorageRefusedError', message: 'x' } });
    tries.length = 0;
    await serveSchedules(
      executing(platform, async () => undefined),
      untold,
      controller.signal,
    );
    expect(tries).toEqual(['03:00', '03:05', '04:05', '05:05']); // the first one is of the start itself
  });

  it('are foretold in the order of the configuration', async () => {
    const databases = {
      main: { engine: 'sqlite', file: 'app.sqlite3' },
      other: { engine: 'sqlite', file: 'app.sqlite3', schedule: '30 23 * * 1' },
    } as const;
    const platform = await testPlatform({ rows: 1, config: { databases, timeZone: 'Europe/Paris' } });
    expect(upcoming(platform)).toEqual({
      backups: [
        { database: 'main', at: new Date('2026-11-23T01:00:00Z') },
        { database: 'other', at: new Date('2026-11-23T22:30:00Z') },
      ],
      sweep: new Date('2026-11-29T00:00:00Z'),
    });
  });
});
