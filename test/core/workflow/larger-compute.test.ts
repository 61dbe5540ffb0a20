import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, OutOfTimeError, SourceUnreachableError } from '../../../core/errors.ts';
import { parseDefinition } from '../../../core/workflow/definition.ts';
import { WorkflowError } from '../../../core/workflow/execution.ts';
import { Interpreter } from '../../../core/workflow/interpreter.ts';
import { proverTable } from '../../../core/workflow/provers.ts';
import { TestClock } from '../../support/clock.ts';
import { never } from '../../support/never.ts';

const names = ['open', 'dump', 'build', 'prove', 'publish', 'rotate', 'settle'];
const definition = parseDefinition(readFileSync(new URL('../../../core/workflow/backup.asl.json', import.meta.url), 'utf8'), {
  ...Object.fromEntries(names.map((name) => [name, name])),
  provers: proverTable(() => 'prove'),
});
const dumped = { engine: 'postgres', prover: 'prove', compression: 'zstd', dump: { key: 'k' }, scan: { key: 's' }, seconds: 1200 };

type Answer = (input: Record<string, unknown>) => unknown;
interface Given {
  compute?: 'function' | 'build';
  dump?: Answer;
  build?: Answer;
  read?: Answer;
}

/** Runs the definition with functions that answer as they are told. Returns the end, what was asked of each function, and the waits in seconds. */
async function execute({ compute = 'function', dump = () => dumped, build = () => ({ Build: {} }), read = () => ({ dump: dumped }) }: Given) {
  const asked: [name: string, input: Record<string, unknown>][] = [];
  const clock = new TestClock();
  const answers: Record<string, Answer> = {
    open: () => ({ run: 'run-1', served: false, prove: true, compute }),
    dump: (input) => ('failure' in input ? read(input) : dump(input)),
    prove: () => ({ verdict: 'proven' }),
    publish: () => ({ backup: 'run-1' }),
    rotate: () => ({}),
    settle: () => ({ failed: true }),
  };
  const interpreter = new Interpreter(definition, {
    clock,
    tasks: {
      'arn:aws:states:::lambda:invoke': async (work) => {
        const { FunctionName, Payload } = work as { FunctionName: string; Payload: Record<string, unknown> };
        asked.push([FunctionName, Payload]);
        return { Payload: answers[FunctionName]?.(Payload) };
      },
      'arn:aws:states:::codebuild:startBuild.sync': async (work) => {
        asked.push(['build', work as Record<string, unknown>]);
        return build(work as Record<string, unknown>);
      },
    },
  });
  const input = { database: 'main', slot: '2026-11-22T02:00:00Z', kind: 'scheduled', requestedBy: 'test', again: false };
  const end = await interpreter.run({ id: 'execution-1', name: 'run-1', input }, never);
  return { end, asked, steps: asked.map(([name]) => name), slept: clock.slept };
}

const failing = (error: Error): Answer => {
  return () => {
    throw error;
  };
};
const outOfTime = failing(new OutOfTimeError('15 minutes were over'));

describe('a dump that runs out of time', () => {
  it('goes on in a build that is told the ids and nothing else, and what it noted is proven and published', async () => {
    const { end, asked, steps, slept } = await execute({ dump: outOfTime });
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { backup: 'run-1' } });
    expect(steps).toEqual(['open', 'dump', 'build', 'dump', 'prove', 'publish', 'rotate']);
    expect(slept).toEqual([]);
    expect(asked[2]?.[1]).toEqual({
      ProjectName: 'build',
      EnvironmentVariablesOverride: [
        { Name: 'SAUVEGARDE_RUN', Value: 'run-1', Type: 'PLAINTEXT' },
        { Name: 'SAUVEGARDE_EXECUTION', Value: 'execution-1', Type: 'PLAINTEXT' },
      ],
    });
    expect(asked[3]?.[1]).toEqual({ run: 'run-1', execution: 'execution-1', failure: null });
    expect(asked[4]?.[1]).toMatchObject({ dump: dumped.dump, scan: dumped.scan });
    expect(asked[5]?.[1]).toMatchObject({ dump: dumped, proof: { verdict: 'proven' } });
  });

  it('settles under the name that the build noted, and builds no second time', async () => {
    const failure = { Error: 'SourceUnreadableError', Cause: 'permission denied' };
    const { end, asked, steps, slept } = await execute({ dump: outOfTime, read: () => ({ failure }) });
    expect(end).toMatchObject({ status: 'FAILED', error: failure.Error, cause: failure.Cause });
    expect(steps).toEqual(['open', 'dump', 'build', 'dump', 'settle']);
    expect(asked.at(-1)?.[1]).toMatchObject({ during: 'backup', error: failure });
    expect(slept).toEqual([]);
  });
});

describe('a build that did not come to its end', () => {
  const killed = new WorkflowError('States.TaskFailed', '{"Build":{"BuildStatus":"STOPPED"}}');

  it('is repeated three times, 60 s apart; then what it may have noted is read all the same', async () => {
    const { end, asked, steps, slept } = await execute({ compute: 'build', build: failing(killed), read: () => ({ dump: dumped }) });
    expect(steps).toEqual(['open', 'build', 'build', 'build', 'build', 'dump', 'prove', 'publish', 'rotate']);
    expect(slept).toEqual([60, 60, 60]);
    expect(asked[5]?.[1]).toMatchObject({ failure: { Error: 'States.TaskFailed', Cause: killed.message } });
    expect(end.status).toBe('SUCCEEDED');
  });

  it('once is made up for by the next', async () => {
    let builds = 0;
    const { end, steps } = await execute({ compute: 'build', build: () => (++builds === 1 ? failing(killed)({}) : {}) });
    expect(steps).toEqual(['open', 'build', 'build', 'dump', 'prove', 'publish', 'rotate']);
    expect(end.status).toBe('SUCCEEDED');
  });
});

it('a dump that needed the larger compute before begins there', async () => {
  const { end, steps } = await execute({ compute: 'build', dump: failing(new ConfigurationError('this was not to be called')) });
  expect(end.status).toBe('SUCCEEDED');
  expect(steps).toEqual(['open', 'build', 'dump', 'prove', 'publish', 'rotate']);
});

it('other errors of the dump do not lead to the larger compute', async () => {
  const { steps, end } = await execute({ dump: failing(new SourceUnreachableError('no route')) });
  expect(steps).toEqual(['open', 'dump', 'dump', 'dump', 'dump', 'settle']);
  expect(end).toMatchObject({ status: 'FAILED', error: 'SourceUnreachableError' });
});
