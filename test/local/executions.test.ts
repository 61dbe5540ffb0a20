import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { InterruptedError, StorageFullError } from '../../core/errors.ts';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { LocalExecutions } from '../../local/executions.ts';
import { machine } from '../../local/home.ts';
import { executionOf } from '../../local/presence.ts';
import { runBackup } from '../../local/workflow.ts';
import { executing } from '../support/executions.ts';
import { never } from '../support/never.ts';
import { request, testPlatform } from '../support/platform.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';

it('a name is used once: while its execution waits or runs, and afterwards, in another process too', async () => {
  const platform = await testPlatform({ rows: 1 });
  const started: string[] = [];
  const { executions } = executing(platform, (asked) => {
    started.push(asked.database);
    return runBackup(platform, asked, never);
  });
  const both = await Promise.all([executions.start(id, request(slot)), executions.start(id, request(slot))]);
  expect(both).toEqual(['started', 'exists']);
  expect(await executions.ended(id)).toMatchObject({ status: 'SUCCEEDED', name: id });
  expect(await executions.start(id, request(slot))).toBe('exists');
  const other = await testPlatform({ folder: platform.folder });
  expect(await other.executions.start(id, request(slot))).toBe('exists');
  expect(started).toEqual(['main']);
});

it('two run at a time, the others in the order they came; what waits when all is stopped never begins', async () => {
  const platform = await testPlatform({ rows: 1 });
  const begun: string[] = [];
  const gates: Record<string, () => void> = {};
  const work = ({ database }: BackupRequest, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      begun.push(database);
      gates[database] = resolve;
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const { executions } = executing(platform, work);
  for (const name of ['one', 'two', 'three', 'four']) await executions.start(name, request(slot, name));
  expect(begun).toEqual(['one', 'two']);
  gates.one?.();
  await executions.ended('one');
  await setImmediate();
  expect(begun).toEqual(['one', 'two', 'three']);
  await executions.stop(new InterruptedError('stopped by a test'));
  await expect(executions.ended('three')).rejects.toThrow('stopped by a test');
  expect(await executions.ended('four')).toMatchObject({ status: 'ABORTED' });
  expect(begun).toEqual(['one', 'two', 'three']);
});

it('what cannot even be settled is the error of whoever asks for its end, and keeps no other from running', async () => {
  const platform = await testPlatform({ rows: 1 });
  const executions = new LocalExecutions(platform, () => Promise.reject(new Error('the disk is gone')), 1);
  await executions.start('one', request(slot));
  await executions.start('two', request(slot));
  await expect(executions.ended('two')).rejects.toThrow('the disk is gone');
  await expect(executions.ended('one')).rejects.toThrow('the disk is gone');
});

it('a run whose end could not be recorded has ended, though its process lives; one that is tried again runs', async () => {
  const platform = await testPlatform({ rows: 1 });
  const gates = [Promise.withResolvers<never>(), Promise.withResolvers<never>()] as const;
  const executions = new LocalExecutions(platform, ({ again }) => gates[again ? 1 : 0].promise, 1);
  const execution = executionOf(platform.presence.id, id);
  await executions.start(id, request(slot));
  expect(await executions.endOf(execution)).toBeUndefined();
  gates[0].reject(new StorageFullError('no space left for the catalogue'));
  await expect(executions.ended(id)).rejects.toThrow('no space left');
  expect(await executions.endOf(execution)).toEqual({
    status: 'FAILED',
    error: 'InterruptedError',
    cause: 'its end could not be recorded: no space left for the catalogue',
  });
  await executions.start(`${id}_again`, { ...request(slot), again: true });
  expect(await executions.endOf(execution)).toBeUndefined();
});

it('two requests in one second are two backups, the second of the next second', async () => {
  const platform = await testPlatform({ rows: 1 });
  const home = machine(platform, { author: { by: 'cli:test', claimed: false }, signal: never });
  const made: string[] = [];
  for (const [execution] of [await home.start('main'), await home.start(undefined)]) if (execution) made.push((await home.backupOf(execution)).id);
  expect(made).toEqual(['main-20261122_170000Z_manual', 'main-20261122_170001Z_manual']);
  const { items } = await platform.catalogue.audit.list();
  expect(new Set(items.map(({ by, claimed }) => `${by} ${claimed}`))).toEqual(new Set(['cli:test false']));
});
