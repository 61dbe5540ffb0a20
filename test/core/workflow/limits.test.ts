import { describe, expect, it } from 'vitest';
import { SourceMissingError } from '../../../core/errors.ts';
import { type ExecutionEnd, reasonOfFailure, statusEvent } from '../../../core/workflow/execution.ts';
import { TestClock } from '../../support/clock.ts';
import { execute, fated } from '../../support/workflow.ts';

const limit = 262_144;
const rules = {
  Retry: [{ ErrorEquals: ['States.ALL'] }],
  Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
};
const caught = { Caught: { Type: 'Pass', End: true } };
/** A text whose JSON, quotes included, has so many bytes. */
const text = (bytes: number) => 'x'.repeat(bytes - 2);

describe('the limit of 262144 bytes', () => {
  const work = { Type: 'Task', Resource: 'work', ...rules, End: true };
  const states = {
    'the result of a task': { ...work },
    'the arguments of a task': { ...work, Arguments: '{% $states.input %}', Output: null },
    'the output of a state': { Type: 'Pass', End: true },
    'the output of Succeed': { Type: 'Succeed' },
    'what a state assigns': { Type: 'Pass', Assign: { all: '{% $substring($states.input, 8) %}' }, Output: null, End: true },
  };

  it.each(Object.entries(states))('holds for %s: to the byte, and neither retried nor caught by States.ALL', async (_, A) => {
    const echo = async (input: unknown) => input;
    expect(await execute({ A, ...caught }, { task: echo, input: text(limit) })).toMatchObject({ status: 'SUCCEEDED' });
    const end = await execute({ A, ...caught }, { task: echo, input: text(limit + 1) });
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded', cause: expect.stringContaining('262145') });
    expect(end.clock.slept).toEqual([]);
  });

  it('counts bytes of UTF-8, not characters', async () => {
    const end = await execute({ A: { Type: 'Pass', End: true } }, { input: 'é'.repeat(limit / 2) });
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('can be caught by its own name', async () => {
    const A = { Type: 'Task', Resource: 'work', Catch: [{ ErrorEquals: ['States.DataLimitExceeded'], Next: 'Caught' }], End: true };
    expect((await execute({ A, ...caught }, { task: fated(text(limit + 1)) })).status).toBe('SUCCEEDED');
  });
});

describe('an execution ends', () => {
  it('TIMED_OUT when a wait would last past TimeoutSeconds, whatever is caught', async () => {
    const A = {
      Type: 'Task',
      Resource: 'work',
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 60, BackoffRate: 1, MaxAttempts: 99 }],
      Catch: rules.Catch,
      End: true,
    };
    const end = await execute({ A, ...caught }, { task: fated(new SourceMissingError('gone')), top: { TimeoutSeconds: 300 } });
    expect(end.status).toBe('TIMED_OUT');
    expect(end).not.toHaveProperty('output');
    expect(end.clock.slept).toEqual([60, 60, 60, 60, 60]);
    expect((await execute({ A: { Type: 'Wait', Seconds: 301, End: true } }, { top: { TimeoutSeconds: 300 } })).status).toBe('TIMED_OUT');
    expect((await execute({ A: { Type: 'Wait', Seconds: 300, End: true } }, { top: { TimeoutSeconds: 300 } })).status).toBe('SUCCEEDED');
  });

  it('TIMED_OUT when a task itself takes too long, and tells the task to stop', async () => {
    let stopped = false;
    const task = (_: unknown, signal: AbortSignal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          reject(signal.reason);
        });
      });
    const end = await execute({ A: { Type: 'Task', Resource: 'work', ...rules, End: true }, ...caught }, { task, top: { TimeoutSeconds: 0.05 } });
    expect(end.status).toBe('TIMED_OUT');
    expect(stopped).toBe(true);
  });

  it.each(['before it begins', 'in a task', 'in a task that does not listen', 'in a wait'])('ABORTED when it is stopped %s', async (when) => {
    const controller = new AbortController();
    const stop = () => controller.abort(new Error('Ctrl-C'));
    if (when === 'before it begins') stop();
    class StoppingClock extends TestClock {
      override async sleep(milliseconds: number, signal?: AbortSignal) {
        if (when === 'in a wait') stop();
        await super.sleep(milliseconds, signal);
      }
    }
    const visited: string[] = [];
    const task = async (input: unknown, signal: AbortSignal) => {
      visited.push(String(input));
      if (when.startsWith('in a task')) stop();
      if (when === 'in a task') signal.throwIfAborted();
      return input;
    };
    const state = { Type: 'Task', Resource: 'work', ...rules };
    const states = {
      A: { ...state, Arguments: 'A', Next: 'Wait' },
      Wait: { Type: 'Wait', Seconds: 60, Next: 'B' },
      B: { ...state, Arguments: 'B', End: true },
      ...caught,
    };
    const end = await execute(states, { task, signal: controller.signal, clock: new StoppingClock() });
    expect(end.status).toBe('ABORTED');
    expect(end).not.toHaveProperty('error');
    expect(visited).toEqual(when === 'before it begins' ? [] : ['A']);
  });

  it('FAILED when nothing does the work of a resource, which is neither retried nor caught', async () => {
    const end = await execute({ A: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', ...rules, End: true }, ...caught });
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause: expect.stringContaining('sqs:sendMessage') });
    expect(end.clock.slept).toEqual([]);
  });
});

describe('the event of an end', () => {
  const ended: ExecutionEnd = {
    id: 'process:run:1',
    name: 'run',
    input: { database: 'main' },
    startedAt: new Date('2026-11-22T02:00:00Z'),
    endedAt: new Date('2026-11-22T02:03:00Z'),
    status: 'FAILED',
    error: 'SourceMissingError',
    cause: '{"errorType":"SourceMissingError","errorMessage":"there is no file"}',
  };

  // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
  it('has the shape that Step Functions sends: input and output are JSON texts, instants are milliseconds', () => {
    expect(statusEvent(ended)).toEqual({
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      detail: {
        executionArn: 'process:run:1',
        name: 'run',
        status: 'FAILED',
        startDate: 1_795_312_800_000,
        stopDate: 1_795_312_980_000,
        input: '{"database":"main"}',
        output: null,
        error: 'SourceMissingError',
        cause: '{"errorType":"SourceMissingError","errorMessage":"there is no file"}',
      },
    });
    const { error: _, cause: __, ...fine } = ended;
    const { detail } = statusEvent({ ...fine, status: 'SUCCEEDED', output: { backup: 'run' } });
    expect(detail.output).toBe('{"backup":"run"}');
    expect(detail).not.toHaveProperty('error');
  });

  it.each([
    ['an error of ours', { Error: 'ChecksumError', Cause: '{"errorType":"ChecksumError","errorMessage":"bytes changed"}' }, 'ChecksumError', 'bytes changed'],
    ['an error of Step Functions', { Error: 'States.Runtime', Cause: 'plain words' }, 'States.Runtime', 'plain words'],
    ['a cause that is JSON of another kind', { Error: 'X', Cause: '{"a":1}' }, 'X', '{"a":1}'],
    ['a cause that is JSON null', { Error: 'X', Cause: 'null' }, 'X', 'null'],
    ['nothing at all', {}, 'UnexpectedError', ''],
  ])('%s is understood', (_, failure, name, message) => {
    expect(reasonOfFailure(failure)).toEqual({ name, message });
  });

  it.each(['ABORTED', 'TIMED_OUT'] as const)('%s is an InterruptedError that says why', (status) => {
    expect(reasonOfFailure({}, status)).toEqual({ name: 'InterruptedError', message: expect.stringMatching(/stopped/) });
    const before = { Error: 'ChecksumError', Cause: '{"errorMessage":"bytes changed"}' };
    expect(reasonOfFailure(before, status)).toEqual({ name: 'InterruptedError', message: expect.stringMatching(/stopped.*bytes changed \(ChecksumError\)$/) });
  });
});
