import { expect, it } from 'vitest';
import type { Incident } from '../../../core/catalogue/incidents.ts';
import { type State, type StateFacts, stateOf } from '../../../core/policy/state.ts';
import { backupOf } from '../../support/records.ts';

const incident = (kind: Incident['kind']) => ({ incidents: [{ kind }] });
const good = backupOf('2026-11-22T02:00:00Z');
const flawed = backupOf('2026-11-22T02:00:00Z', { proof: { verdict: 'flawed' } });

it.each<[State, string, Partial<StateFacts>]>([
  ['good', 'a good backup and nothing wrong', {}],
  ['good', 'a new backup under way', { isRunning: true, lastRun: { status: 'running' } }],
  ['idle', 'no configuration, whatever else', { isConfigured: false, ...incident('backup-failed'), isOverdue: true }],
  ['new', 'nothing at all', { lastGood: undefined, lastRun: undefined }],
  ['new', 'the first backup under way', { lastGood: undefined, isRunning: true, lastRun: { status: 'running' } }],
  ['new', 'nothing, and a slot that nobody has served', { lastGood: undefined, lastRun: undefined, isOverdue: true }],
  ['unsafe', 'runs, and no good backup', { lastGood: undefined, lastRun: { status: 'failed' } }],
  ['unsafe', 'an incident before the first backup, though that is under way', { lastGood: undefined, isRunning: true, ...incident('backup-failed') }],
  ['unsafe', 'a newest backup that is refuted', { lastGood: backupOf('2026-11-22T02:00:00Z', { proof: { verdict: 'refuted' } }) }],
  ['failed', 'a last run that failed', { lastRun: { status: 'failed' } }],
  ['failed', 'a lost backup, though it is late too', { ...incident('backup-missing'), isOverdue: true }],
  ['late', 'a slot that nothing has served', { isOverdue: true }],
  ['late', 'such a slot and flaws', { isOverdue: true, lastGood: flawed }],
  ['flawed', 'a flawed backup and its incident', { lastGood: flawed, ...incident('proof-overdue') }],
  ['attention', 'an incident that takes no backup away', incident('disk-low')],
])('is %s with %s', (state, _, facts) => {
  expect(stateOf({ isConfigured: true, lastGood: good, lastRun: { status: 'succeeded' }, isRunning: false, isOverdue: false, incidents: [], ...facts })).toBe(
    state,
  );
});
