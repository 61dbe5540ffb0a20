import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayOf } from '../../../core/time/periods.ts';
import { isTimeZone, mistakeInCron, scheduleOf } from '../../../core/time/schedule.ts';

const zones = [
  'UTC',
  'Europe/Paris',
  'America/Cayenne',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/New_York',
  'America/Havana', // turns its clock back at 01:00, to midnight
  'America/Santiago', // turns its clock forward at midnight
  'Pacific/Apia',
];
const instants = fc.date({ min: new Date('2024-01-01T00:00:00Z'), max: new Date('2031-01-01T00:00:00Z'), noInvalidDate: true });
const expressions = fc.constantFrom(
  '0 2 * * *',
  '30 2 * * *',
  '0 0 * * *',
  '59 23 * * *',
  '*/15 * * * *',
  '0 1 * * 0',
  '30 1 1 * *',
  '5 4 29 2 *',
  '0 0-6/2 * jan-mar mon,wed',
  '0 12 13 * 5',
);

function nextOnes(expression: string, zone: string, from: string, count: number): string[] {
  const schedule = scheduleOf(expression, zone);
  let at = new Date(from);
  return Array.from({ length: count }, () => {
    at = schedule.next(at);
    return at.toISOString().slice(0, 16);
  });
}

describe('a schedule', () => {
  it('is due at each instant that is next, and at nothing later before the next one', () => {
    fc.assert(
      fc.property(expressions, fc.constantFrom(...zones), instants, (expression, zone, from) => {
        const schedule = scheduleOf(expression, zone);
        const next = schedule.next(from);
        expect(next > from).toBe(true);
        expect(schedule.due(next)).toEqual(next);
        expect(schedule.due(new Date(next.getTime() + 999))).toEqual(next);
        const following = schedule.next(next);
        expect(schedule.due(new Date(following.getTime() - 1))).toEqual(next);
      }),
      { numRuns: 150 },
    );
  });

  it('was due before any instant at one that it was next to', () => {
    fc.assert(
      fc.property(expressions, fc.constantFrom(...zones), instants, (expression, zone, at) => {
        const schedule = scheduleOf(expression, zone);
        const due = schedule.due(at);
        expect(due <= at).toBe(true);
        expect(schedule.next(new Date(due.getTime() - 1))).toEqual(due);
        expect(schedule.next(due) > at).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it.each(zones.flatMap((zone) => ['30 2 * * *', '0 0 * * *'].map((expression) => [expression, zone] as const)))(
    'runs "%s" exactly once on each local day of three years in %s',
    (expression, zone) => {
      const schedule = scheduleOf(expression, zone);
      const days: string[] = [];
      const end = new Date('2029-01-01T12:00:00Z');
      for (let at = schedule.next(new Date('2026-01-01T12:00:00Z')); at <= end; at = schedule.next(at)) days.push(dayOf(at, zone));
      expect(new Set(days).size).toBe(days.length);
      expect(days.length).toBe((Date.parse(days.at(-1) ?? '') - Date.parse(days[0] ?? '')) / 86_400_000 + 1);
      expect(days.length).toBeGreaterThanOrEqual(1095);
    },
  );

  it.each<[what: string, expression: string, zone: string, from: string, instants: string[]]>([
    [
      '02:00 does not exist in Paris: when the clock has jumped to 03:00',
      '0 2 * * *',
      'Europe/Paris',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00', '2026-03-30T00:00'],
    ],
    ['02:30 does not exist in Paris: when the clock has jumped', '30 2 * * *', 'Europe/Paris', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['02:30 exists twice in Paris: the first time only', '30 2 * * *', 'Europe/Paris', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
    ['02:00 exists twice in Paris: the first time only', '0 2 * * *', 'Europe/Paris', '2026-10-24T12:00Z', ['2026-10-25T00:00', '2026-10-26T01:00']],
    ['Cayenne has no summer time, in spring', '0 2 * * *', 'America/Cayenne', '2026-03-28T12:00Z', ['2026-03-29T05:00', '2026-03-30T05:00']],
    ['Cayenne has no summer time, in autumn', '0 2 * * *', 'America/Cayenne', '2026-10-24T12:00Z', ['2026-10-25T05:00', '2026-10-26T05:00']],
    ['Kolkata is half an hour off', '0 2 * * *', 'Asia/Kolkata', '2026-03-28T12:00Z', ['2026-03-28T20:30', '2026-03-29T20:30']],
    [
      "Lord Howe's summer is half an hour: 02:15 does not exist",
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00Z',
      ['2026-10-03T15:30', '2026-10-04T15:15'],
    ],
    [
      "Lord Howe's summer is half an hour: 01:45 exists twice",
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T00:00Z',
      ['2026-04-04T14:45', '2026-04-05T15:15'],
    ],
  ])('%s', (_, expression, zone, from, expected) => {
    expect(nextOnes(expression, zone, from, expected.length)).toEqual(expected);
  });

  it('of every half hour runs through the hour that exists twice, and through the one that does not exist', () => {
    expect(nextOnes('*/30 * * * *', 'Europe/Paris', '2026-10-24T23:45Z', 5)).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T00:30',
      '2026-10-25T01:00',
      '2026-10-25T01:30',
      '2026-10-25T02:00',
    ]);
    expect(nextOnes('*/30 * * * *', 'Europe/Paris', '2026-03-29T00:15Z', 3)).toEqual(['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30']);
  });

  it('of Sundays at 01:00 keeps to the zone', () => {
    expect(nextOnes('0 1 * * 0', 'America/Cayenne', '2026-11-21T00:00Z', 2)).toEqual(['2026-11-22T04:00', '2026-11-29T04:00']);
  });

  it('of 29 February waits for the leap year, and was due in the last one', () => {
    expect(nextOnes('0 0 29 2 *', 'UTC', '2026-11-22T00:00Z', 1)).toEqual(['2028-02-29T00:00']);
    expect(scheduleOf('0 0 29 2 *', 'UTC').due(new Date('2026-11-22T00:00Z')).toISOString()).toBe('2024-02-29T00:00:00.000Z');
  });
});

describe('a cron expression', () => {
  it.each<[expression: string, mistake: string]>([
    ['', 'has 0 fields instead of 5'],
    ['0 2 * *', 'has 4 fields instead of 5'],
    ['@daily', 'has 1 field instead of 5'],
    ['0 0 2 * * *', 'has 6 fields instead of 5'],
    ['60 * * * *', 'has the minute 60, which must be 0 to 59'],
    ['0,75 * * * *', 'has the minute 75, which must be 0 to 59'],
    ['99999999999999999999 * * * *', 'has the minute 99999999999999999999, which must be 0 to 59'],
    ['0 24 * * *', 'has the hour 24, which must be 0 to 23'],
    ['0 1-30 * * *', 'has the hour 30, which must be 0 to 23'],
    ['0 2 0 * *', 'has the day of the month 0, which must be 1 to 31'],
    ['0 2 32 * *', 'has the day of the month 32, which must be 1 to 31'],
    ['0 2 * 0 *', 'has the month 0, which must be 1 to 12'],
    ['0 2 * 13 *', 'has the month 13, which must be 1 to 12'],
    ['0 2 * * 8', 'has the day of the week 8, which must be 0 to 7'],
    ['-1 2 * * *', 'has the minute "-1"'],
    ['1.5 2 * * *', 'has the minute "1.5"'],
    ['1,,2 2 * * *', 'has the minute "1,,2"'],
    ['mon 2 * * *', 'has the minute "mon"'],
    ['0 jan * * *', 'has the hour "jan"'],
    ['0 2 L * *', 'has the day of the month "L"'],
    ['0 2 15W * *', 'has the day of the month "15W"'],
    ['0 2 ? * *', 'has the day of the month "?"'],
    ['0 2 * foo *', 'has the month "foo"'],
    ['0 2 * mon *', 'has the month "mon"'],
    ['0 2 * * 1#2', 'has the day of the week "1#2"'],
    ['0 2 * * 1-', 'has the day of the week "1-"'],
    ['*/0 2 * * *', 'is impossible'],
    ['*/70 2 * * *', 'is impossible'],
    ['0/15 2 * * *', 'is impossible'],
    ['0 22-2 * * *', 'is impossible'],
    ['0 2 30 2 *', 'names a day that never comes'],
    ['0 2 31 4,6,9,11 *', 'names a day that never comes'],
  ])('cannot be "%s"', (expression, mistake) => {
    expect(mistakeInCron(expression)?.startsWith(mistake)).toBe(true);
  });

  it.each([
    '0 2 * * *',
    ' 0  2 * * * ',
    '00 02 * * *',
    '*/15 * * * *',
    '0-59/15 * * * *',
    '5,35 9-17 1,15 jan-jun MON-FRI',
    '0 2 * * 7',
    '0 2 29 2 *',
    '0 2 31 4,5 *',
  ])('can be "%s"', (expression) => {
    expect(mistakeInCron(expression)).toBeUndefined();
    const next = scheduleOf(expression, 'UTC').next(new Date('2026-11-22T00:00:00Z'));
    expect(next.getTime()).toBeGreaterThan(Date.parse('2026-11-22T00:00:00Z'));
  });
});

it.each(['UTC', 'Etc/UTC', 'Europe/Paris', 'America/Cayenne', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('%s is a time zone', (name) => {
  expect(isTimeZone(name)).toBe(true);
});

it.each(['', 'Mars', 'Europe', 'Europe/Paris ', '+02:00', '-03', '−02:00', 'GMT+1', 'local', '../etc/passwd'])('%j is no time zone', (name) => {
  expect(isTimeZone(name)).toBe(false);
});
