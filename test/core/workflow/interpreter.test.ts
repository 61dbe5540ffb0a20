import { describe, expect, it } from 'vitest';
import { SourceMissingError } from '../../../core/errors.ts';
import { execute, fated } from '../../support/workflow.ts';

const work = { Type: 'Task', Resource: 'work' };

describe('the states of a workflow', () => {
  it('Pass gives its input on, or its Output', async () => {
    expect(await execute({ A: { Type: 'Pass', End: true } }, { input: { a: 1 } })).toMatchObject({ status: 'SUCCEEDED', output: { a: 1 } });
    const filled = { Type: 'Pass', Output: { twice: '{% $states.input.a * 2 %}', plain: '$states.input.a', list: ['{% $states.input.a %}', null] }, End: true };
    expect(await execute({ A: filled }, { input: { a: 4 } })).toMatchObject({ output: { twice: 8, plain: '$states.input.a', list: [4, null] } });
  });

  it('Succeed ends well with its Output, or with its input', async () => {
    expect(await execute({ A: { Type: 'Succeed' } }, { input: 'as given' })).toMatchObject({ status: 'SUCCEEDED', output: 'as given' });
    expect(await execute({ A: { Type: 'Succeed', Output: '{% $states.input & "!" %}' } }, { input: 'as given' })).toMatchObject({ output: 'as given!' });
  });

  it('Fail ends badly with its Error and Cause, and without those it does not give', async () => {
    const named = await execute({ A: { Type: 'Fail', Error: '{% $states.input.name %}', Cause: 'in plain words' } }, { input: { name: 'SourceMissingError' } });
    expect(named).toMatchObject({ status: 'FAILED', error: 'SourceMissingError', cause: 'in plain words' });
    const bare = await execute({ A: { Type: 'Fail' } });
    expect(bare.status).toBe('FAILED');
    expect(bare).not.toHaveProperty('error');
    expect(bare).not.toHaveProperty('cause');
  });

  it('Task hands its Arguments to the work and goes on with the result, or with its Output', async () => {
    const task = fated({ size: 12 });
    const states = {
      A: { ...work, Arguments: { name: '{% $states.input.name %}', fixed: true }, Next: 'B' },
      B: { ...work, Output: { was: '{% $states.input.size %}', now: '{% $states.result.size %}' }, End: true },
    };
    const end = await execute(states, { task, input: { name: 'main' } });
    expect(task.inputs).toEqual([{ name: 'main', fixed: true }, { size: 12 }]);
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { was: 12, now: 12 } });
  });

  it('the result of a task is what JSON makes of it, as it would come from Lambda', async () => {
    const task = fated({ at: new Date('2026-11-22T02:00:00Z'), left: undefined });
    expect((await execute({ A: { ...work, End: true } }, { task })).output).toEqual({ at: '2026-11-22T02:00:00.000Z' });
    expect((await execute({ A: { ...work, End: true } }, { task: fated(undefined) })).output).toBeNull();
  });

  it('Choice takes the first condition that is true, with its Assign and Output', async () => {
    const states = {
      A: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 10 %}', Next: 'Large' },
          { Condition: '{% $states.input.n > 5 %}', Assign: { size: 'middle' }, Output: { chosen: true }, Next: 'B' },
          { Condition: '{% $states.input.n > 1 %}', Next: 'Large' },
        ],
        Default: 'Large',
      },
      B: { Type: 'Pass', Output: { size: '{% $size %}', input: '{% $states.input %}' }, End: true },
      Large: { Type: 'Fail', Error: 'wrong' },
    };
    expect(await execute(states, { input: { n: 7 } })).toMatchObject({ output: { size: 'middle', input: { chosen: true } } });
  });

  it('Choice without a match goes to Default, and without Default fails with States.NoChoiceMatched', async () => {
    const choice = { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n = 1 %}', Next: 'Done' }] };
    const rest = { Done: { Type: 'Succeed', Output: 'one' }, Other: { Type: 'Succeed', Output: '{% $states.input.n %}' } };
    expect(await execute({ A: { ...choice, Default: 'Other' }, ...rest }, { input: { n: 2 } })).toMatchObject({ output: 2 });
    expect(await execute({ A: choice, ...rest }, { input: { n: 2 } })).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });

  it('Wait lets so many seconds pass', async () => {
    const states = { A: { Type: 'Wait', Seconds: 90, Next: 'B' }, B: { Type: 'Wait', Seconds: '{% $states.input.s %}', End: true } };
    const end = await execute(states, { input: { s: 5 } });
    expect(end.clock.slept).toEqual([90, 5]);
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { s: 5 } });
    expect(end.endedAt.getTime() - end.startedAt.getTime()).toBe(95_000);
  });

  it('variables are seen as they were on entry, by Assign and Output alike, and live on', async () => {
    const states = {
      A: { Type: 'Pass', Assign: { a: 1, b: 2 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { a: '{% $b %}', b: '{% $a %}' }, Output: { a: '{% $a %}' }, Next: 'C' },
      C: { Type: 'Pass', Output: { a: '{% $a %}', b: '{% $b %}', before: '{% $states.input.a %}' }, End: true },
    };
    expect((await execute(states)).output).toEqual({ a: 2, b: 1, before: 1 });
  });

  it('the context names the execution and the state, and counts its retries', async () => {
    const task = fated(new SourceMissingError('gone'), new SourceMissingError('gone'), {});
    const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 60, MaxAttempts: 3, BackoffRate: 1 }];
    const states = {
      A: { ...work, Arguments: '{% $states.context %}', Retry: retry, Next: 'B' },
      B: { Type: 'Pass', Output: '{% $states.context.State %}', End: true },
    };
    const end = await execute(states, { task, input: { n: 1 } });
    const execution = { Id: 'process:run:1', Name: 'run', StartTime: '2026-11-22T17:00:00.000Z', Input: { n: 1 } };
    const entered = { Name: 'A', EnteredTime: '2026-11-22T17:00:00.000Z' };
    expect(task.inputs).toEqual([0, 1, 2].map((RetryCount) => ({ Execution: execution, State: { ...entered, RetryCount } })));
    expect(end.output).toEqual({ Name: 'B', EnteredTime: '2026-11-22T17:02:00.000Z', RetryCount: 0 });
  });

  it.each([
    ['a field that is not there', '{% $states.input.nothing %}'],
    ['a variable that was never assigned', '{% $nothing %}'],
    ['a result where there is none', '{% $states.result %}'],
    ['an impossible sum', '{% 1 + "a" %}'],
    ['broken syntax', '{% $states.( %}'],
    ['a function', '{% function($x) { $x } %}'],
  ])('%s is States.QueryEvaluationError', async (_, Output) => {
    expect(await execute({ A: { Type: 'Pass', Output, End: true } })).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });

  it.each([
    ['a condition that is not true or false', { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'A' }] }],
    ['a condition that is no expression', { Type: 'Choice', Choices: [{ Condition: 'true', Next: 'A' }] }],
    ['seconds that are no number', { Type: 'Wait', Seconds: '{% "soon" %}', End: true }],
    ['an error that is no text', { Type: 'Fail', Error: '{% 404 %}' }],
    ['a cause that is no text', { Type: 'Fail', Error: 'x', Cause: '{% {"a": 1} %}' }],
  ])('%s is States.QueryEvaluationError', async (_, A) => {
    expect(await execute({ A })).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });

  it('a query that fails in a task can be caught', async () => {
    const states = {
      A: { ...work, Arguments: '{% $nothing %}', Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'B' }], End: true },
      B: { Type: 'Succeed', Output: '{% $states.input.Error %}' },
    };
    expect(await execute(states)).toMatchObject({ status: 'SUCCEEDED', output: 'States.QueryEvaluationError' });
  });
});
