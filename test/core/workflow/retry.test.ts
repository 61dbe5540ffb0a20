import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ChecksumError, DatabaseBusyError, SourceLockedError, SourceMissingError } from '../../../core/errors.ts';
import { execute, fated, type StateInput } from '../../support/workflow.ts';

const missing = new SourceMissingError('there is no file');
const locked = new SourceLockedError('stayed locked');
const busy = new DatabaseBusyError('another run');

const attempt = (rules: StateInput) => ({ A: { Type: 'Task', Resource: 'work', ...rules, End: true }, Caught: { Type: 'Pass', End: true } });
const all = (rule: StateInput = {}) => ({ Retry: [{ ErrorEquals: ['States.ALL'], ...rule }] });

describe('Retry', () => {
  it.each([
    ['by default after 1, 2 and 4 s', {}, [1, 2, 4]],
    ['at an even pace', { IntervalSeconds: 60, BackoffRate: 1, MaxAttempts: 3 }, [60, 60, 60]],
    ['ever more slowly', { IntervalSeconds: 3, BackoffRate: 1.5, MaxAttempts: 4 }, [3, 4.5, 6.75, 10.125]],
    ['never more slowly than MaxDelaySeconds', { IntervalSeconds: 10, BackoffRate: 3, MaxDelaySeconds: 60, MaxAttempts: 4 }, [10, 30, 60, 60]],
    ['not at all with MaxAttempts 0', { MaxAttempts: 0 }, []],
  ])('tries again %s, then the error stands', async (_, rule, waits) => {
    const task = fated(missing);
    const end = await execute(attempt(all(rule)), { task });
    expect(end.clock.slept).toEqual(waits);
    expect(task.inputs).toHaveLength(waits.length + 1);
    expect(end).toMatchObject({ status: 'FAILED', error: 'SourceMissingError' });
  });

  it('at a random moment up to that pause with jitter', async () => {
    const draws = [0.5, 0, 0.9];
    vi.spyOn(Math, 'random').mockImplementation(() => draws.shift() ?? 0);
    onTestFinished(() => void vi.restoreAllMocks());
    const end = await execute(attempt(all({ IntervalSeconds: 10, MaxDelaySeconds: 30, JitterStrategy: 'FULL' })), { task: fated(missing) });
    expect(end.clock.slept).toEqual([5, 0, 27]);
  });

  it('ends with the first success', async () => {
    const end = await execute(attempt(all()), { task: fated(missing, locked, { fine: true }) });
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { fine: true } });
    expect(end.clock.slept).toEqual([1, 2]);
  });

  it('tells of each wait before it begins', async () => {
    const end = await execute(attempt(all({ MaxAttempts: 1 })), { task: fated(missing) });
    expect(end.retries).toEqual([{ state: 'A', attempt: 1, seconds: 1, failure: expect.objectContaining({ Error: 'SourceMissingError' }) }]);
  });

  it('that runs out of time says why the last try failed, unless one has succeeded since', async () => {
    const top = { TimeoutSeconds: 50 };
    const during = await execute(attempt(all({ IntervalSeconds: 100 })), { task: fated(missing), top });
    expect(during).toMatchObject({ status: 'TIMED_OUT', error: 'SourceMissingError', cause: expect.stringContaining('there is no file') });
    const states = { A: { Type: 'Task', Resource: 'work', ...all(), Next: 'B' }, B: { Type: 'Wait', Seconds: 100, End: true } };
    const after = await execute(states, { task: fated(missing, {}), top });
    expect(after.status).toBe('TIMED_OUT');
    expect(after).not.toHaveProperty('error');
  });

  // the example of the States Language's own text: https://states-language.net/spec.html#retrying-after-error
  it('counts each retrier apart and does not ask the next one when one is used up', async () => {
    const rules = {
      Retry: [
        { ErrorEquals: ['SourceMissingError', 'SourceLockedError'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 },
        { ErrorEquals: ['DatabaseBusyError'], IntervalSeconds: 5 },
        { ErrorEquals: ['States.ALL'], IntervalSeconds: 100 },
      ],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
    };
    const end = await execute(attempt(rules), { task: fated(missing, locked, busy, locked) });
    expect(end.clock.slept).toEqual([1, 2, 5]);
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'SourceLockedError' } });
  });

  it('starts counting anew when the state is entered again', async () => {
    const states = {
      A: { Type: 'Task', Resource: 'work', ...all({ MaxAttempts: 1 }), Catch: [{ ErrorEquals: ['States.ALL'], Next: 'A' }], End: true },
    };
    const end = await execute(states, { task: fated(missing, missing, missing, missing, {}) });
    expect(end.clock.slept).toEqual([1, 1]);
    expect(end.status).toBe('SUCCEEDED');
  });

  it.each([
    ['another name', ['SourceLockedError'], false],
    ['its name', ['SourceMissingError'], true],
    ['one of several names', ['SourceLockedError', 'SourceMissingError'], true],
    ['States.TaskFailed', ['States.TaskFailed'], true],
    ['States.ALL', ['States.ALL'], true],
    ['a name in other letters', ['sourcemissingerror'], false],
  ])('a rule for %s decides', async (_, ErrorEquals, retried) => {
    const end = await execute(attempt({ Retry: [{ ErrorEquals, MaxAttempts: 1 }] }), { task: fated(missing) });
    expect(end.clock.slept).toEqual(retried ? [1] : []);
  });

  it('evaluates Arguments again for each try', async () => {
    const task = fated(missing, missing, {});
    await execute(attempt({ ...all(), Arguments: { tries: '{% $states.context.State.RetryCount %}' } }), { task });
    expect(task.inputs).toEqual([{ tries: 0 }, { tries: 1 }, { tries: 2 }]);
  });
});

describe('Catch', () => {
  it('goes on with the error as input: its name, and its cause as Lambda writes it', async () => {
    const end = await execute(attempt({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] }), { task: fated(missing) });
    expect(end.status).toBe('SUCCEEDED');
    const { Error: name, Cause: cause } = end.output as { Error: string; Cause: string };
    expect(name).toBe('SourceMissingError');
    expect(JSON.parse(cause)).toEqual({ errorType: 'SourceMissingError', errorMessage: 'there is no file' });
  });

  it('goes on with its Output and keeps what it assigns, both seeing the input and the error', async () => {
    const rule = {
      ErrorEquals: ['States.ALL'],
      Assign: { failure: '{% $states.errorOutput %}', was: '{% $states.input.n %}' },
      Output: { n: '{% $states.input.n + 1 %}', error: '{% $states.errorOutput.Error %}' },
      Next: 'B',
    };
    const states = {
      A: { Type: 'Task', Resource: 'work', Assign: { assigned: 'on success only' }, Catch: [rule], End: true },
      B: {
        Type: 'Pass',
        Output: { input: '{% $states.input %}', name: '{% $failure.Error %}', was: '{% $was %}', other: '{% $exists($assigned) %}' },
        End: true,
      },
    };
    const end = await execute(states, { task: fated(new ChecksumError('changed')), input: { n: 1 } });
    expect(end.output).toEqual({ input: { n: 2, error: 'ChecksumError' }, name: 'ChecksumError', was: 1, other: false });
  });

  it('is asked in order, after the retries', async () => {
    const rules = {
      ...all({ MaxAttempts: 2 }),
      Catch: [
        { ErrorEquals: ['SourceLockedError'], Output: 'first', Next: 'Caught' },
        { ErrorEquals: ['SourceMissingError'], Output: 'second', Next: 'Caught' },
        { ErrorEquals: ['States.ALL'], Output: 'third', Next: 'Caught' },
      ],
    };
    const end = await execute(attempt(rules), { task: fated(missing) });
    expect(end.clock.slept).toEqual([1, 2]);
    expect(end.output).toBe('second');
  });

  it('an error nobody foresaw is an UnexpectedError that keeps its message', async () => {
    const end = await execute(attempt({}), { task: fated(new TypeError('x is not a function')) });
    expect(end).toMatchObject({ status: 'FAILED', error: 'UnexpectedError' });
    expect(JSON.parse(end.cause ?? '')).toEqual({ errorType: 'UnexpectedError', errorMessage: 'TypeError: x is not a function' });
  });
});
