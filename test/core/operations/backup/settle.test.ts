import { describe, expect, it } from 'vitest';
import { dump } from '../../../../core/operations/backup/dump.ts';
import { type OpenInput, open } from '../../../../core/operations/backup/open.ts';
import { publish } from '../../../../core/operations/backup/publish.ts';
import { settle, settleInputOf } from '../../../../core/operations/backup/settle.ts';
import { type ExecutionEnd, statusEvent } from '../../../../core/workflow/execution.ts';
import { mailsOf } from '../../../support/mail.ts';
import { never } from '../../../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';

const id = 'main-20261122_020000Z';
const asked: OpenInput = { ...request('2026-11-22T02:00:00Z'), execution: 'p:run:1' };
const error = { Error: 'SourceMissingError', Cause: JSON.stringify({ errorType: 'SourceMissingError', errorMessage: 'there is no file' }) };

async function opened(): Promise<TestPlatform> {
  const platform = await testPlatform({ rows: 5 });
  await open(platform, asked);
  return platform;
}

describe('open', () => {
  it('may be repeated by its own execution', async () => {
    const platform = await opened();
    expect(await open(platform, asked)).toEqual({ run: id, served: false, prove: true, compute: 'function', proveOn: 'function', place: '-' });
  });

  it('has nothing to do for another execution of the same slot', async () => {
    const platform = await opened();
    expect(await open(platform, { ...asked, execution: 'p:run:2' })).toEqual({
      run: id,
      served: true,
      prove: false,
      compute: 'function',
      proveOn: 'function',
      place: '-',
    });
  });

  it('lets no other slot in while a run holds the lease, until the lease has run out', async () => {
    const platform = await opened();
    const next = { ...asked, slot: '2026-11-22T03:00:00Z', execution: 'p:run:2' };
    platform.clock.set('2026-11-23T17:59:59Z');
    await expect(open(platform, next)).rejects.toMatchObject({ name: 'DatabaseBusyError', message: expect.stringContaining(id) });
    platform.clock.set('2026-11-23T18:00:00Z'); // 25 hours later: longer than any run may take
    expect(await open(platform, next)).toMatchObject({ served: false });
  });

  it.each(['other', '../x', '', 'toString', '__proto__'])('knows no database %j', async (database) => {
    const platform = await testPlatform({ rows: 1 });
    await expect(open(platform, { ...asked, database })).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('configured: main'),
    });
  });
});

describe('settle', () => {
  it('ends the run, frees the lease, opens the incident and tells of it, once however often it comes', async () => {
    const platform = await opened();
    for (let times = 0; times < 3; times++) await settle(platform, { ...asked, during: 'backup', error });
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'failed', error: { name: 'SourceMissingError', message: 'there is no file' } });
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ database: 'main', kind: 'backup-failed', count: 1 }]);
    expect((await platform.catalogue.audit.list({ subject: id })).items).toHaveLength(2);
    expect(mailsOf(platform)).toHaveLength(1);
    expect(await open(platform, { ...asked, slot: '2026-11-22T03:00:00Z', execution: 'p:run:2' })).toMatchObject({ served: false });
  });

  it('records a run that was never opened as failed', async () => {
    const platform = await testPlatform({ rows: 1 });
    await settle(platform, { ...asked, during: 'backup', error });
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'failed', attempts: 0, requestedBy: 'test' });
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it('leaves alone a run that another execution has taken over', async () => {
    const platform = await opened();
    await settle(platform, { ...asked, execution: 'p:run:2', during: 'backup', error });
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'running' });
    expect(mailsOf(platform)).toEqual([]);
  });

  it.each(['ABORTED', 'TIMED_OUT', 'FAILED'] as const)('understands the event of an execution that ended %s', async (status) => {
    const platform = await opened();
    const end: ExecutionEnd = { id: asked.execution, name: id, input: asked, startedAt: platform.clock.now(), endedAt: platform.clock.now(), status };
    await settle(platform, settleInputOf(statusEvent(status === 'FAILED' ? { ...end, error: error.Error, cause: error.Cause } : end)));
    const name = status === 'FAILED' ? 'SourceMissingError' : 'InterruptedError';
    expect(await platform.catalogue.runs.get(id)).toMatchObject({ status: 'failed', error: { name } });
  });

  it.each([
    ['ABORTED', 0],
    ['TIMED_OUT', 1],
    ['FAILED', 1],
  ] as const)('of a backup that was asked for by hand and ended %s sends so many mails: %i', async (status, mails) => {
    const platform = await testPlatform({ rows: 5 });
    const manual = { ...asked, kind: 'manual' } as const;
    await open(platform, manual);
    const now = platform.clock.now();
    await settle(platform, settleInputOf(statusEvent({ id: asked.execution, name: id, input: manual, startedAt: now, endedAt: now, status })));
    expect((await platform.catalogue.runs.list({})).items).toMatchObject([{ kind: 'manual', status: 'failed' }]);
    expect(mailsOf(platform)).toHaveLength(mails);
  });

  it('knows a run whose manifest is there for a success, recorded or not', async () => {
    const platform = await opened();
    const made = await dump(platform, { run: id, execution: asked.execution }, never);
    await publish(platform, { run: id, execution: asked.execution, dump: made, proof: null });
    const run = await platform.catalogue.runs.get(id);
    await platform.catalogue.backups.remove(id);
    const lost = await testPlatform({ rows: 5 });
    await open(lost, asked);
    const { vault } = platform;
    await settle({ ...lost, vault }, { ...asked, during: 'backup', error });
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(await lost.catalogue.runs.get(id)).toMatchObject({ status: 'succeeded' });
    expect(await lost.catalogue.backups.get(id)).toMatchObject({ status: 'published' });
    expect(mailsOf(lost)).toEqual([]);
  });
});

describe('a run that was settled', () => {
  it.each(['dump', 'publish'] as const)('can no longer %s', async (step) => {
    const platform = await opened();
    const made = await dump(platform, { run: id, execution: asked.execution }, never);
    await settle(platform, { ...asked, during: 'backup', error });
    const late =
      step === 'dump'
        ? dump(platform, { run: id, execution: asked.execution }, never)
        : publish(platform, { run: id, execution: asked.execution, dump: made, proof: null });
    await expect(late).rejects.toMatchObject({ name: 'InterruptedError' });
    expect((await platform.catalogue.backups.list()).items).toEqual([]);
    expect((await platform.vault.list('')).filter(({ key }) => key.endsWith('.manifest.json'))).toEqual([]);
  });
});

describe('publish', () => {
  it('makes one backup however often it is repeated', async () => {
    const platform = await opened();
    const made = await dump(platform, { run: id, execution: asked.execution }, never);
    const input = { run: id, execution: asked.execution, dump: made, proof: null };
    expect(await publish(platform, input)).toEqual({ backup: id });
    const before = (await platform.catalogue.backups.list()).items;
    platform.clock.set('2026-11-22T19:00:00Z');
    expect(await publish(platform, input)).toEqual({ backup: id });
    expect((await platform.catalogue.backups.list()).items).toEqual(before);
    expect(before).toMatchObject([{ id, proof: { verdict: 'none' } }]);
  });

  it('refuses when the manifest of the slot belongs to another dump', async () => {
    const platform = await opened();
    const made = await dump(platform, { run: id, execution: asked.execution }, never);
    const input = { run: id, execution: asked.execution, dump: made, proof: null };
    await publish(platform, input);
    const other = { ...made, dump: { ...made.dump, sha256: '0'.repeat(64) } };
    await expect(publish(platform, { ...input, dump: other })).rejects.toMatchObject({ name: 'ObjectExistsError' });
  });
});
