import { describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../core/errors.ts';
import { handler as administer } from '../../functions/administer/handler.ts';
import { handler as dump } from '../../functions/dump/handler.ts';
import { handler as open } from '../../functions/open/handler.ts';
import { handler as prove } from '../../functions/prove/handler.ts';
import { handler as publish } from '../../functions/publish/handler.ts';
import { handler as record } from '../../functions/record/handler.ts';
import { handler as restore } from '../../functions/restore/handler.ts';
import { handler as rotate } from '../../functions/rotate/handler.ts';
import { handler as settle } from '../../functions/settle/handler.ts';
import { handler as sign } from '../../functions/sign/handler.ts';
import { handler as start } from '../../functions/start/handler.ts';
import { handler as sweep } from '../../functions/sweep/handler.ts';
import { handler as validate } from '../../functions/validate/handler.ts';
import { handler as watch } from '../../functions/watch/handler.ts';
import { restored } from '../support/aws-backup.ts';

const context = { functionName: 'test', awsRequestId: 'request-1', getRemainingTimeInMillis: () => 10_000 };
const huge = 'x'.repeat(5_000_000);
const hostile = JSON.parse('{"__proto__": {"isAdmin": true}}') as object;

const run = 'main-20261122_020000Z';
const execution = 'arn:aws:states:eu-west-3:123456789012:execution:backup:main';
const request = { database: 'main', slot: '2026-11-22T02:00:00Z', kind: 'scheduled', requestedBy: 'scheduler', again: false };
const stored = { key: 'main/2026/11/a.sql.zst', size: 1, sha256: 'a'.repeat(64), crc32: 'a'.repeat(8) };
const dumped = {
  engine: 'postgres',
  prover: 'prove',
  compression: 'zstd',
  startedAt: request.slot,
  seconds: 1,
  dump: stored,
  scan: stored,
  totals: { tables: 1, rows: 1, bytes: 1 },
};
const event = { 'detail-type': 'Scheduled Event', source: 'aws.events', time: request.slot };
const status = {
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  detail: { executionArn: execution, status: 'FAILED', input: JSON.stringify(request) },
};

const ordered = { order: 'verify', backup: run, at: request.slot, by: 'cli:alice' };
const restoring = { ...ordered, order: 'restore', to: 'staging', confirmed: 'main', options: { force: true } };

type Handler = (event: unknown, given: typeof context) => Promise<unknown>;

/** Each function with an event that it understands. */
const functions: [string, Handler, object][] = [
  ['start', start, { database: 'main', requestedBy: 'cli:alice' }],
  ['start, of a new stack', start, { requestedBy: 'deployment', at: '2026-11-22T17:00:00Z' }],
  ['start, of an order', start, { order: 'verify', backup: run, at: request.slot, requestedBy: 'cli:alice' }],
  ['validate, by the rule', validate, restored('job-1')],
  ['dump, of a restored instance', dump, { read: { database: 'main', host: 'restored.x.eu-west-3.rds.amazonaws.com', port: 5432 } }],
  ['record', record, ordered],
  ['record, at the end', record, { ...ordered, proof: null, failure: { Error: 'OutOfTimeError', Cause: '' } }],
  ['record, by the rule', record, { ...status, detail: { ...status.detail, input: JSON.stringify(ordered) } }],
  [
    'start, of a restore',
    start,
    { order: 'restore', backup: run, at: request.slot, to: 'staging', confirmed: 'main', options: { withRoles: true }, requestedBy: 'cli:alice' },
  ],
  ['restore, of what is replaced', restore, { replaced: run, to: 'staging' }],
  ['record, of a restore', record, { ...restoring, execution }],
  ['restore', restore, { backup: run, manifest: 'main/a.manifest.json', proof: null, to: 'staging', confirmed: 'main', options: { withRoles: true } }],
  ['record, of a restore', record, restoring],
  ['record, at the end of a restore', record, { ...restoring, restored: null, failure: { Error: 'RefusedError', Cause: '' } }],
  ['start, by the Scheduler', start, { database: 'main', scheduled: request.slot }],
  ['start, by EventBridge', start, event],
  ['open', open, { ...request, execution }],
  ['dump', dump, { run, execution }],
  ['prove', prove, { run, engine: 'postgres', compression: 'zstd', dump: stored, scan: stored }],
  ['dump, to check', dump, { check: true }],
  ['prove, to check', prove, { check: true }],
  ['publish', publish, { run, execution, dump: dumped, proof: null }],
  ['rotate', rotate, { database: 'main', by: 'rotation' }],
  ['rotate, to retire one', rotate, { backup: run, by: 'console:alice' }],
  ['settle', settle, { ...request, execution, during: 'backup', error: { Error: 'UnexpectedError', Cause: '' } }],
  ['settle, by the rule', settle, status],
  ['sign', sign, { backup: 'main', by: 'cli:alice' }],
  ['watch', watch, {}],
  ['sweep', sweep, { by: 'scheduler' }],
  ['sweep, to rebuild', sweep, { by: 'cli:alice', rebuild: true }],
  ['administer', administer, { action: 'list', database: 'main' }],
  ['administer, to compare', administer, { action: 'diff', backup: 'main', other: 'main-20261122_050000Z' }],
  ['administer, to find', administer, { action: 'search', database: 'main', status: 'published', kind: 'manual', from: request.slot, limit: 25 }],
  ['administer, to look at all', administer, { action: 'overview', days: 30 }],
  ['administer, to retire', administer, { action: 'retire', backup: run, by: 'console:alice' }],
];

/** What an invocation throws; what it logs meanwhile is `lines`. */
async function refusalOf(handler: Handler, given: unknown): Promise<{ error: Error; lines: string }> {
  const lines: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation((text) => lines.push(String(text)) > 0));
  const error = await handler(given, context).then(
    () => new Error('it was accepted'),
    (reason: Error) => reason,
  );
  for (const spy of spies) spy.mockRestore();
  return { error, lines: lines.join('\n') };
}

describe.each(functions)('%s', (_, handler, understood) => {
  const first =
    Object.keys(understood).find((key) => !['detail-type', 'source', 'scheduled', 'version', 'id', 'account', 'time', 'region', 'resources'].includes(key)) ??
    '';

  it('reads the event that it is meant for: what is missing is then the deployment', async () => {
    const { error } = await refusalOf(handler, understood);
    expect(error.message).toMatch(/^(this function lacks SAUVEGARDE_\w+|config\.json)/);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'main'],
    ['a list', [{}]],
    ['a field of another type', { ...understood, [first]: 5 }],
    ['a field that is an object', { ...understood, [first]: { $ne: '' } }],
    ['a huge text', { ...understood, [first]: huge }],
    ['a control character in a name', { ...understood, [first]: '../../\0etc' }],
  ])('refuses %s with a sentence', async (what, given) => {
    // any text may be asked for, and there is none of that name; a person may have any name
    if (['backup', 'by', 'requestedBy'].includes(first) && what.startsWith('a control')) return;
    const { error, lines } = await refusalOf(handler, given);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/^the event cannot be understood: /);
    expect(error.message.length).toBeLessThan(1000);
    expect(lines).toContain('"error":"ConfigurationError"');
    expect(lines.length).toBeLessThan(2000);
  });
});

/** Those whom AWS's own events call leave out what they do not know of them: AWS may add to them. */
const strict = functions.filter(([name]) => !name.startsWith('settle') && !/^(record|validate), by the rule$/.test(name));

it.each(strict)('%s refuses a key that it does not know, and names it shortened', async (_, handler, understood) => {
  expect((await refusalOf(handler, { ...understood, verbose: true })).error.message).toContain('"verbose" is not known');
  const { error } = await refusalOf(handler, { ...understood, [huge]: true });
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message.length).toBeLessThan(1000);
});

it.each(strict)('%s refuses `__proto__`', async (_, handler, understood) => {
  const { error } = await refusalOf(handler, Object.defineProperty({ ...understood }, '__proto__', { value: hostile, enumerable: true }));
  expect(error.message).toContain('"__proto__" is not known');
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
});

it.each([
  ['an instant that is none', start, { database: 'main', scheduled: '2026-13-45' }],
  ['the event of another service', start, { ...event, source: 'aws.ec2' }],
  ['an id that is none', dump, { run: 'main', execution }],
  ['a restore that is not completed', validate, { ...restored('job-1'), detail: { restoreJobId: 'job-1', status: 'RUNNING' } }],
  ['a restore without an id', validate, { ...restored('job-1'), detail: { status: 'COMPLETED' } }],
  ['a backup instead of a restore', validate, { ...restored('job-1'), 'detail-type': 'Backup Job State Change' }],
  ['the host of a URL', dump, { read: { database: 'main', host: 'user@elsewhere/x', port: 5432 } }],
  ['no port', dump, { read: { database: 'main', host: 'restored.example.org', port: 0 } }],
  ['a size below zero', prove, { run, engine: 'postgres', compression: 'zstd', dump: { ...stored, size: -1 }, scan: stored }],
  ['a key too many inside', prove, { run, engine: 'postgres', compression: 'zstd', dump: { ...stored, extra: 1 }, scan: stored }],
  ['an execution that succeeded', settle, { ...status, detail: { ...status.detail, status: 'SUCCEEDED' } }],
  ['an execution whose input is no JSON', settle, { ...status, detail: { ...status.detail, input: '{' } }],
  ['an execution whose input is no request', settle, { ...status, detail: { ...status.detail, input: '{}' } }],
  ['an action that is none', administer, { action: 'delete', backup: 'main', by: 'cli:alice' }],
  ['an order of nobody', administer, { action: 'hold', backup: 'main' }],
] as [string, Handler, unknown][])('refuses %s', async (_, handler, given) => {
  const { error } = await refusalOf(handler, given);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toMatch(/^the event cannot be understood: /);
});
