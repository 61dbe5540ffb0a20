import { describe, expect, it } from 'vitest';
import type { Run, Runs } from '../../core/catalogue/runs.ts';
import { DatabaseBusyError, InterruptedError } from '../../core/errors.ts';
import { runId } from '../../core/names.ts';
import { expectParts } from './parts.ts';

const now = new Date('2026-11-22T05:00:10.000Z');
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
const failure = { name: 'SourceMissingError', message: 'there is no file' };

function run(slot: string, { database = 'main', execution = `execution of ${slot}` } = {}): Run {
  const instant = new Date(slot);
  return {
    id: runId(database, instant, 'scheduled'),
    database,
    slot: instant.toISOString(),
    kind: 'scheduled',
    requestedBy: 'test',
    execution,
    status: 'running',
    startedAt: now.toISOString(),
    attempts: 0,
  };
}

const first = run('2026-11-22T05:00:00Z');
const second = run('2026-11-23T05:00:00Z');
const options = { now, leaseEnds: minutes(60), again: false };

/** Counts a dump that begins, as the step that dumps does. */
const count = (runs: Runs, execution = first.execution) => runs.change(first.id, execution, (there) => ({ ...there, attempts: there.attempts + 1 }));
const noted = { failure: { Error: 'SourceUnreachableError', Cause: 'no route' } };
const note = (runs: Runs, execution = first.execution) => runs.change(first.id, execution, (there) => ({ ...there, dumped: noted }));

/** Contract of every list of runs (core/catalogue/runs.ts). `make` gives two clients of one empty catalogue. */
export function runsContract(make: () => Promise<{ one: Runs; other: Runs }>): void {
  describe('open', () => {
    it('creates the run', async () => {
      const { one, other } = await make();
      expect(await one.open(first, options)).toEqual({ opened: true, run: first });
      expect(await other.get(first.id)).toEqual(first);
    });

    it('opens the same execution again and keeps what it has counted', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      await count(one);
      expect(await other.open(first, options)).toEqual({ opened: true, run: { ...first, attempts: 1 } });
    });

    it.each([true, false])('does not open a slot that another execution is running (again: %s)', async (again) => {
      const { one } = await make();
      await one.open(first, options);
      const repeat = { ...first, execution: 'another' };
      expect(await one.open(repeat, { ...options, again, now: minutes(120) })).toEqual({ opened: false, run: first });
      expect(await one.get(first.id)).toEqual(first);
    });

    it.each([true, false])('does not open a slot that was served (again: %s)', async (again) => {
      const { one } = await make();
      await one.open(first, options);
      await one.end(first, { status: 'succeeded' }, minutes(1));
      const served = await one.get(first.id);
      for (const execution of [first.execution, 'another']) {
        expect(await one.open({ ...first, execution }, { ...options, again })).toEqual({ opened: false, run: served });
      }
      expect(await one.get(first.id)).toEqual(served);
    });

    it('opens a slot that failed only again, its attempts kept and its end forgotten', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      await count(one);
      await count(one);
      await one.end(first, { status: 'failed', error: failure }, minutes(1));
      const repeat = { ...first, execution: 'another', startedAt: minutes(2).toISOString() };
      expect(await other.open(repeat, options)).toMatchObject({ opened: false, run: { status: 'failed', error: failure } });
      expect(await other.open(repeat, { ...options, again: true })).toEqual({ opened: true, run: { ...repeat, attempts: 2 } });
      expect(await one.get(first.id)).toEqual({ ...repeat, attempts: 2 });
      expect(await count(one, 'another')).toMatchObject({ attempts: 3 });
    });

    it('is a DatabaseBusyError while another run holds the lease, and leaves no run behind', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      const busy = await other.open(second, { ...options, now: minutes(59) }).catch((error: unknown) => error);
      expect(busy).toBeInstanceOf(DatabaseBusyError);
      expect(String(busy)).toContain(first.id);
      expect(await one.get(second.id)).toBeUndefined();
    });

    it('takes a lease that has expired', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      expect(await other.open(second, { ...options, now: minutes(61), leaseEnds: minutes(120) })).toMatchObject({ opened: true });
      const third = run('2026-11-24T05:00:00Z');
      await expect(one.open(third, { ...options, now: minutes(62) })).rejects.toBeInstanceOf(DatabaseBusyError);
    });

    it('takes the lease again with a failed run that is opened again', async () => {
      const { one } = await make();
      await one.open(first, options);
      await one.end(first, { status: 'failed', error: failure }, now);
      await one.open({ ...first, execution: 'another' }, { ...options, again: true });
      await expect(one.open(second, options)).rejects.toBeInstanceOf(DatabaseBusyError);
    });

    it('gives each database a lease of its own', async () => {
      const { one } = await make();
      await one.open(first, options);
      for (const database of ['main-2', 'mai']) expect(await one.open(run('2026-11-22T05:00:00Z', { database }), options)).toMatchObject({ opened: true });
    });

    it('lets one of many who open at once have the database', async () => {
      const { one, other } = await make();
      const all = Array.from({ length: 10 }, (_, index) => run(`2026-11-${10 + index}T05:00:00Z`));
      const ends = await Promise.allSettled(all.map((each, index) => (index % 2 ? one : other).open(each, options)));
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(DatabaseBusyError);
      expect((await one.list({})).items).toHaveLength(1);
    });
  });

  describe('change', () => {
    it('replaces the run, and returns it as it is now', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      expect(await count(one)).toEqual({ ...first, attempts: 1 });
      await note(other);
      expect(await other.get(first.id)).toEqual({ ...first, attempts: 1, dumped: noted });
    });

    it('is an InterruptedError for a run that nobody opened', async () => {
      const { one } = await make();
      await expect(count(one)).rejects.toBeInstanceOf(InterruptedError);
      expect((await one.list({})).items).toEqual([]);
    });

    it.each([{ status: 'succeeded' }, { status: 'failed', error: failure }] as const)('is an InterruptedError for a run that has $status', async (outcome) => {
      const { one } = await make();
      await one.open(first, options);
      await one.end(first, outcome, minutes(1));
      await expect(count(one)).rejects.toBeInstanceOf(InterruptedError);
      expect(await one.get(first.id)).toMatchObject({ attempts: 0, status: outcome.status });
    });

    it('is an InterruptedError for an execution that another has taken over from', async () => {
      const { one } = await make();
      await one.open(first, options);
      await one.end(first, { status: 'failed', error: failure }, minutes(1));
      await one.open({ ...first, execution: 'another' }, { ...options, again: true });
      await expect(count(one)).rejects.toBeInstanceOf(InterruptedError);
      expect(await one.get(first.id)).toMatchObject({ attempts: 0, execution: 'another' });
    });

    it('writes nothing when `change` throws', async () => {
      const { one } = await make();
      await one.open(first, options);
      const error = new Error('no');
      const thrown = one.change(first.id, first.execution, () => {
        throw error;
      });
      await expect(thrown).rejects.toBe(error);
      expect(await one.get(first.id)).toEqual(first);
    });

    it('of many at once loses none', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      await Promise.all(Array.from({ length: 10 }, (_, index) => count(index % 2 ? one : other)));
      expect(await one.get(first.id)).toMatchObject({ attempts: 10 });
    });

    it('is forgotten when a run that failed is opened again, but for the attempts', async () => {
      const { one } = await make();
      await one.open(first, options);
      await note(one);
      await count(one);
      await one.end(first, { status: 'failed', error: failure }, minutes(1));
      await one.open({ ...first, execution: 'another' }, { ...options, again: true });
      expect(await one.get(first.id)).toEqual({ ...first, attempts: 1, execution: 'another' });
    });
  });

  describe('end', () => {
    it.each([{ status: 'succeeded' }, { status: 'failed', error: failure }] as const)(
      'records that the run has $status and frees its lease',
      async (outcome) => {
        const { one, other } = await make();
        await one.open(first, options);
        await count(one);
        expect(await other.end(first, outcome, minutes(1))).toBe(true);
        expect(await one.get(first.id)).toEqual({ ...first, ...outcome, attempts: 1, endedAt: minutes(1).toISOString() });
        expect(await one.open(second, options)).toMatchObject({ opened: true });
      },
    );

    it('keeps the outcome of the dump, and no progress', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      const at = now.toISOString();
      await one.change(first.id, first.execution, (there) => ({ ...there, dumped: noted, progress: { step: 'dump', bytes: 1, begunAt: at, at } }));
      await one.end(first, { status: 'succeeded' }, minutes(1));
      expect(await other.get(first.id)).toEqual({ ...first, status: 'succeeded', dumped: noted, endedAt: minutes(1).toISOString() });
    });

    it('changes nothing the second time', async () => {
      const { one } = await make();
      await one.open(first, options);
      await one.end(first, { status: 'succeeded' }, minutes(1));
      const ended = await one.get(first.id);
      expect(await one.end(first, { status: 'failed', error: failure }, minutes(2))).toBe(false);
      expect(await one.get(first.id)).toEqual(ended);
    });

    it('records a run that was never opened as ended, and leaves the lease to its holder', async () => {
      const { one } = await make();
      await one.open(first, options);
      expect(await one.end(second, { status: 'failed', error: failure }, minutes(1))).toBe(true);
      expect(await one.get(second.id)).toEqual({ ...second, status: 'failed', error: failure, endedAt: minutes(1).toISOString() });
      await expect(one.open(run('2026-11-24T05:00:00Z'), options)).rejects.toBeInstanceOf(DatabaseBusyError);
    });

    it('leaves a run alone that another execution has taken over, and its lease', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      await one.end(first, { status: 'failed', error: failure }, minutes(1));
      const taken = { ...first, execution: 'another' };
      await other.open(taken, { ...options, again: true });
      expect(await one.end(first, { status: 'failed', error: failure }, minutes(2))).toBe(false);
      expect(await one.get(first.id)).toEqual(taken);
      await expect(one.open(second, options)).rejects.toBeInstanceOf(DatabaseBusyError);
    });

    it('does not free a lease that has passed to another run', async () => {
      const { one, other } = await make();
      await one.open(first, options);
      await other.open(second, { ...options, now: minutes(61), leaseEnds: minutes(120) });
      expect(await one.end(first, { status: 'failed', error: failure }, minutes(62))).toBe(true);
      await expect(one.open(run('2026-11-24T05:00:00Z'), { ...options, now: minutes(63) })).rejects.toBeInstanceOf(DatabaseBusyError);
    });
  });

  describe('get and list', () => {
    it('give the newest slot first, by database and status, as many as asked for', async () => {
      const { one } = await make();
      const runs = ['2026-11-22', '2026-11-24', '2026-11-23'].map((day) => run(`${day}T05:00:00Z`));
      for (const each of runs) await one.end(each, { status: 'succeeded' }, now);
      const failed = run('2026-11-20T05:00:00Z');
      await one.end(failed, { status: 'failed', error: failure }, now);
      const neighbour = run('2026-11-21T05:00:00Z', { database: 'main-2' });
      await one.open(neighbour, options);
      const days = async (query: Parameters<Runs['list']>[0]) => (await one.list(query)).items.map(({ slot }) => slot.slice(8, 10));
      expect(await days({})).toEqual(['24', '23', '22', '21', '20']);
      expect(await days({ database: 'main' })).toEqual(['24', '23', '22', '20']);
      expect(await days({ database: 'main', limit: 2 })).toEqual(['24', '23']);
      expect(await days({ status: 'failed' })).toEqual(['20']);
      expect(await days({ status: 'running' })).toEqual(['21']);
      expect(await days({ status: 'succeeded', database: 'main-2' })).toEqual([]);
      expect(await days({ database: 'nobody' })).toEqual([]);
    });

    it('give a list in parts, also of one status', async () => {
      const { one } = await make();
      const runs = ['2026-11-24', '2026-11-23', '2026-11-22'].flatMap((day) => ['main', 'main-2'].map((database) => run(`${day}T05:00:00Z`, { database })));
      for (const [index, each] of runs.entries()) await one.end(each, index % 3 ? { status: 'succeeded' } : { status: 'failed', error: failure }, now);
      const ended = await Promise.all(runs.map(async ({ id }) => (await one.get(id)) as Run));
      await expectParts((paging) => one.list(paging), ended);
      await expectParts(
        (paging) => one.list({ database: 'main', ...paging }),
        ended.filter(({ database }) => database === 'main'),
      );
      await expectParts(
        (paging) => one.list({ status: 'failed', ...paging }),
        ended.filter(({ status }) => status === 'failed'),
      );
      const running = [run('2026-11-25T05:00:00Z'), run('2026-11-25T05:00:00Z', { database: 'main-2' })];
      for (const each of running) await one.open(each, options);
      await expectParts((paging) => one.list({ status: 'running', ...paging }), running);
    });

    it('know nothing of what was never there', async () => {
      const { one } = await make();
      expect(await one.get(first.id)).toBeUndefined();
      expect((await one.list({})).items).toEqual([]);
    });
  });
}
