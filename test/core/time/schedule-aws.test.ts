import { describe, expect, it } from 'vitest';
import { scheduleOf } from '../../../core/time/schedule.ts';
import { awsCronsOf } from '../../../core/time/schedule-aws.ts';
import { instantsOfAwsCrons } from '../../support/aws-cron.ts';

const from = new Date('2026-11-22T00:00:00Z');

/** The next 50 instants of our own reading. */
function ours(expression: string, timeZone: string): string[] {
  const schedule = scheduleOf(expression, timeZone);
  const instants: string[] = [];
  for (let at = from; instants.length < 50; instants.push(at.toISOString())) at = schedule.next(at);
  return instants;
}

const theirs = (expression: string, timeZone: string) => instantsOfAwsCrons(awsCronsOf(expression), timeZone, from, 50).map((at) => at.toISOString());

describe('EventBridge Scheduler and we agree on the next 50 instants of', () => {
  it.each([
    '0 2 * * *',
    '*/7 * * * *',
    '0-59/15 8-18/3 * * mon-fri',
    '5,10,15 0 1,15 * *',
    '30 4 * * 0',
    '30 4 * * 7',
    '0 2 * * 5-7',
    '0 2 * * fri-sun',
    '0 2 * * SUN-tue',
    '0 2 * * */2',
    '0 2 31 * *',
    '0 2 29 feb *',
    '0 0 1 jan,jul *',
    '0 2 1 * 1',
    '0 2 */2 * 1',
    '0 2 */1 * 1',
    '0 2 1 */3 */1',
    '59 23 28-31 * 6,7',
    '0 2 1-7/3 2-12/2 mon,wed',
  ])('%s', (expression) => {
    expect(theirs(expression, 'UTC')).toEqual(ours(expression, 'UTC'));
    expect(theirs(expression, 'America/Cayenne')).toEqual(ours(expression, 'America/Cayenne'));
  });

  it('a schedule in a zone with summer time, whose hour the changes leave alone', () => {
    expect(theirs('0 5 1 * *', 'Europe/Paris')).toEqual(ours('0 5 1 * *', 'Europe/Paris'));
  });
});

it('a repeated local time runs once for both', () => {
  const autumn = (instants: string[]) => instants.filter((at) => at.startsWith('2027-10-31'));
  expect(autumn(theirs('30 2 31 * *', 'Europe/Paris'))).toEqual(autumn(ours('30 2 31 * *', 'Europe/Paris')));
  expect(autumn(ours('30 2 31 * *', 'Europe/Paris'))).toHaveLength(1);
});

it('a local time that the spring change skips is skipped by EventBridge Scheduler, which docs/deploy.md tells', () => {
  expect(theirs('30 2 28 3 *', 'Europe/Paris')[0]).toMatch(/^2028/);
  expect(ours('30 2 28 3 *', 'Europe/Paris')[0]).toBe('2027-03-28T01:00:00.000Z');
});

it.each([
  ['0 2 * * *', ['cron(0 2 * * ? *)']],
  ['0 2 * * 0', ['cron(0 2 ? * 1 *)']],
  ['0 2 * * 1-5', ['cron(0 2 ? * 2-6 *)']],
  ['0 2 1 * *', ['cron(0 2 1 * ? *)']],
  ['0 2 1 * 0', ['cron(0 2 1 * ? *)', 'cron(0 2 ? * 1 *)']],
])('%s becomes %s', (expression, crons) => expect(awsCronsOf(expression)).toEqual(crons));
