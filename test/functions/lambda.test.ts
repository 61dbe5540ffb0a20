import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { OutOfTimeError, RestoreFailedError, ToolFailedError } from '../../core/errors.ts';
import { deadlineIn, within } from '../../functions/deadline.ts';
import { functionsWith } from '../support/bundles.ts';
import { never } from '../support/never.ts';
import { coldStart } from '../support/programs.ts';
import { recorder } from '../support/recorded-calls.ts';

const context = { functionName: 'start', awsRequestId: 'request-1', getRemainingTimeInMillis: () => 30_000 };

describe('a function', () => {
  it(
    'that lacks a setting says which and tries again at the next invocation; an error that nobody foresaw keeps its name',
    async () => {
      const folder = await functionsWith({ databases: { main: { engine: 'postgres', connection: { secret: 'prod/main' } } } });
      const { handler } = (await import(pathToFileURL(join(folder, 'start/handler.mjs')).href)) as {
        handler(event: unknown, given: typeof context): Promise<unknown>;
      };
      await expect(handler({}, context)).rejects.toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining('lacks SAUVEGARDE_WORKFLOW') });

      const answer = async () => ({ status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized to perform: states:StartExecution' } });
      const { endpoint, calls } = await recorder('start', 'http://127.0.0.1:1', answer);
      const environment = {
        SAUVEGARDE_WORKFLOW: 'arn:1',
        SAUVEGARDE_VERIFY_WORKFLOW: 'arn:2',
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: 'eu-west-3',
        AWS_ACCESS_KEY_ID: 'testing',
        AWS_SECRET_ACCESS_KEY: 'testing',
      };
      for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
      await expect(handler({}, context)).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('states:StartExecution') });
      vi.unstubAllEnvs();
      expect(calls).toEqual([{ function: 'start', action: 'states:StartExecution', resource: 'arn:1' }]);
    },
    coldStart,
  );
});

describe('the deadline', () => {
  it('fires its signal while there is time to stop, and is over shortly before the end', async () => {
    using deadline = deadlineIn(200);
    const ended = await deadline.passed.catch((reason: unknown) => reason);
    expect(ended).toBeInstanceOf(OutOfTimeError);
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.signal.reason).toBe(ended);
  });

  it.each([
    ['is not waited for', false, []],
    ['is waited for if other work may follow that cannot run beside it', true, ['stopped']],
  ])('that has passed over work that does not stop %s', async (_, stopsFirst, expected) => {
    using deadline = deadlineIn(100);
    const seen: string[] = [];
    const work = new Promise((_, reject) => {
      setTimeout(() => {
        seen.push('stopped');
        reject(new ToolFailedError('psql was killed'));
      }, 150);
    });
    const end = await within(deadline, work, stopsFirst).catch((error: unknown) => error);
    expect(end).toBeInstanceOf(OutOfTimeError);
    expect(end).toBe(deadline.signal.reason);
    expect(seen).toEqual(expected);
    await work.catch(() => undefined);
  });

  it('gives its name to every error of work that it has stopped, except to one that explains it', async () => {
    using deadline = deadlineIn(20);
    await deadline.passed.catch(() => undefined);
    const { reason } = deadline.signal;
    const explaining = new RestoreFailedError('everything was restored, but it could not be compared', { cause: reason });
    await expect(within(deadline, Promise.reject(new ToolFailedError('killed')), true)).rejects.toBe(reason);
    await expect(within(deadline, Promise.reject(explaining), true)).rejects.toBe(explaining);
  });

  it('leaves no timer behind', () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    {
      using deadline = deadlineIn(900_000);
      expect(deadline.signal.aborted).toBe(never.aborted);
      expect(timers()).toBe(before + 2);
    }
    expect(timers()).toBe(before);
  });
});
