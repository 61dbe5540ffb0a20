import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dayOf, monthOf, weekOf, yearOf } from '../../../core/time/periods.ts';

it.each<[instant: string, zone: string, day: string, week: string]>([
  ['2026-11-22T12:00:00Z', 'UTC', '2026-11-22', '2026-11-16'],
  ['2026-11-23T00:00:00Z', 'UTC', '2026-11-23', '2026-11-23'],
  ['2026-11-22T23:30:00Z', 'Europe/Paris', '2026-11-23', '2026-11-23'],
  ['2026-11-23T02:59:59Z', 'America/Cayenne', '2026-11-22', '2026-11-16'],
  ['2026-11-23T03:00:00Z', 'America/Cayenne', '2026-11-23', '2026-11-23'],
  ['2026-11-22T18:30:00Z', 'Asia/Kolkata', '2026-11-23', '2026-11-23'],
  ['2026-12-31T23:00:00Z', 'UTC', '2026-12-31', '2026-12-28'],
  ['2026-12-31T23:00:00Z', 'Europe/Paris', '2027-01-01', '2026-12-28'],
  ['2027-01-03T12:00:00Z', 'UTC', '2027-01-03', '2026-12-28'],
  ['2027-01-04T12:00:00Z', 'UTC', '2027-01-04', '2027-01-04'],
  ['2024-02-29T12:00:00Z', 'UTC', '2024-02-29', '2024-02-26'],
  // the nights of the two changes
  ['2026-03-29T00:59:59Z', 'Europe/Paris', '2026-03-29', '2026-03-23'],
  ['2026-03-29T22:00:00Z', 'Europe/Paris', '2026-03-30', '2026-03-30'],
  ['2026-10-25T22:59:59Z', 'Europe/Paris', '2026-10-25', '2026-10-19'],
  ['2026-10-25T23:00:00Z', 'Europe/Paris', '2026-10-26', '2026-10-26'],
])('%s in %s is on %s, in the week of Monday %s', (instant, zone, day, week) => {
  expect(dayOf(new Date(instant), zone)).toBe(day);
  expect(weekOf(new Date(instant), zone)).toBe(week);
  expect(monthOf(new Date(instant), zone)).toBe(day.slice(0, 7));
  expect(yearOf(new Date(instant), zone)).toBe(day.slice(0, 4));
});

it('a week has seven days and begins on a Monday, also where a year turns', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), (days) => {
      const noon = new Date(Date.UTC(2000, 0, 3 + days, 12));
      const monday = new Date(weekOf(noon, 'UTC'));
      expect(monday.getUTCDay()).toBe(1);
      const since = (noon.getTime() - monday.getTime()) / 86_400_000;
      expect(since).toBeGreaterThanOrEqual(0);
      expect(since).toBeLessThan(7);
    }),
  );
});
