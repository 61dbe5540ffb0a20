import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BackupRefutedError, ConfigurationError, OutOfTimeError, SourceUnreachableError, StorageFullError, ToolFailedError } from '../../../core/errors.ts';
import { awsLimits } from '../../../core/policy/aws-limits.ts';
import { type Definition, parseDefinition } from '../../../core/workflow/definition.ts';
import { cutOffErrors, WorkflowError } from '../../../core/workflow/execution.ts';
import { Interpreter } from '../../../core/workflow/interpreter.ts';
import { proverTable } from '../../../core/workflow/prover-table.ts';
import { TestClock } from '../../support/clock.ts';
import { never } from '../../support/never.ts';

const names = ['open', 'dump', 'build', 'proofBuild', 'prove', 'publish', 'rotate', 'settle'];
const source = readFileSync(new URL('../../../core/workflow/backup.asl.json', import.meta.url), 'utf8');
const substitutions = { ...Object.fromEntries(names.map((name) => [name, name])), provers: proverTable(() => 'prove') };
const definition = parseDefinition(source, substitutions);
const oneMachine = parseDefinition(source, { ...substitutions, proofBuild: '' });
const dumped = { engine: 'postgres', prover: 'prove', compression: 'zstd', dump: { key: 'k' }, scan: { key: 's' }, seconds: 1200 };

type Answer = (input: Record<string, unknown>) => unknown;
interface Given {
  compute?: 'function' | 'build';
  proveOn?: 'function' | 'build';
  /** Size of the dump, in bytes before compression. */
  bytes?: number;
  prove?: Answer;
  proofBuild?: Answer;
  readProof?: Answer;
  /** Definition. @default that of AWS, with both projects */
  on?: Definition;
  dump?: Answer;
  build?: Answer;
  read?: Answer;
}

/** Runs the definition with functions that answer as they are told. Returns the end, what was asked of each function, and the waits in seconds. */
async function execute({
  bytes = 1,
  compute = 'function',
  proveOn = 'function',
  dump = () => ({ ...dumped, totals: { bytes } }),
  build = () => ({ Build: {} }),
  read = () => ({ dump: { ...dumped, totals: { bytes } } }),
  prove = () => ({ verdict: 'proven' }),
  proofBuild = () => ({ Build: { ExportedEnvironmentVariables: [{ Name: 'N', Value: 'packed' }] } }),
  readProof = () => ({ proof: { verdict: 'proven' } }),
  on = definition,
}: Given) {
  const asked: [name: string, input: Record<string, unknown>][] = [];
  const clock = new TestClock();
  const answers: Record<string, Answer> = {
    open: () => ({ run: 'run-1', served: false, prove: true, compute, proveOn, place: '-' }),
    dump: (input) => ('failure' in input ? read(input) : dump(input)),
    prove: (input) => ('exported' in input ? readProof(input) : prove(input)),
    publish: () => ({ backup: 'run-1' }),
    rotate: () => ({}),
    settle: () => ({ failed: true }),
  };
  const interpreter = new Interpreter(on, {
    clock,
    tasks: {
      'arn:aws:states:::lambda:invoke': async (work) => {
        const { FunctionName, Payload } = work as { FunctionName: string; Payload: Record<string, unknown> };
        asked.push([FunctionName, Payload]);
        return { Payload: answers[FunctionName]?.(Payload) };
      },
      'arn:aws:states:::codebuild:startBuild.sync': async (work) => {
        const { ProjectName } = work as { ProjectName: string };
        asked.push([ProjectName, work as Record<string, unknown>]);
        return (ProjectName === 'build' ? build : proofBuild)(work as Record<string, unknown>);
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

describe('a proof that a function cannot make', () => {
  const { functionProofBytes } = awsLimits;
  const packed = [{ Name: 'N', Value: 'packed' }];

  it.each([
    new OutOfTimeError('15 minutes were over'),
    new StorageFullError('10 GB were full'),
    ...cutOffErrors.map((name) => new WorkflowError(name, 'Runtime exited with error: signal: killed')),
  ])('goes on in a build that is told the dump and nothing else: $message', async (error) => {
    const { asked, end, slept, steps } = await execute({ prove: failing(error) });
    const tried = error instanceof WorkflowError ? 4 : 1;
    expect(steps).toEqual(['open', 'dump', ...Array(tried).fill('prove'), 'proofBuild', 'prove', 'publish', 'rotate']);
    expect(slept).toHaveLength(tried - 1);
    const build = asked.find(([name]) => name === 'proofBuild')?.[1] as { EnvironmentVariablesOverride: { Name: string; Value: string }[] };
    const [variable, ...others] = build.EnvironmentVariablesOverride;
    expect(others).toEqual([]);
    expect(variable?.Name).toBe('SAUVEGARDE_TO_PROVE');
    expect(JSON.parse(variable?.Value ?? '')).toEqual({ run: 'run-1', engine: 'postgres', compression: 'zstd', dump: dumped.dump, scan: dumped.scan });
    expect(asked.at(-3)?.[1]).toEqual({ run: 'run-1', exported: packed, failure: null });
    expect(asked.at(-2)?.[1]).toMatchObject({ proof: { verdict: 'proven' }, unproven: null, proveOn: 'build' });
    expect(end).toMatchObject({ status: 'SUCCEEDED' });
  });

  it.each([
    [{ proveOn: 'build' }, ['proofBuild', 'prove']],
    [{ bytes: functionProofBytes + 1 }, ['proofBuild', 'prove']],
    [{ bytes: functionProofBytes }, ['prove']],
  ] as const)('begins where it will be made: %o', async (given, proving) => {
    const { end, steps } = await execute(given);
    expect(end.status).toBe('SUCCEEDED');
    expect(steps).toEqual(['open', 'dump', ...proving, 'publish', 'rotate']);
  });

  it('is refuted by a build as by a function', async () => {
    const failure = { Error: 'BackupRefutedError', Cause: 'table person has 2 rows' };
    const { end, steps } = await execute({ proveOn: 'build', readProof: () => ({ failure }) });
    expect(steps).toEqual(['open', 'dump', 'proofBuild', 'prove', 'settle']);
    expect(end).toMatchObject({ status: 'FAILED', error: failure.Error, cause: failure.Cause });
  });

  it.each([
    ['whose build could not make it either', { readProof: () => ({ failure: { Error: 'OutOfTimeError', Cause: 'eight hours' } }) }, 'OutOfTimeError', 1],
    [
      'whose builds are killed',
      { proofBuild: failing(new WorkflowError('States.TaskFailed', 'STOPPED')), readProof: ({ failure }: Record<string, unknown>) => ({ failure }) },
      'States.TaskFailed',
      4,
    ],
    ['whose result cannot be read', { readProof: failing(new ToolFailedError('nobody answers')) }, 'ToolFailedError', 1],
  ])('%s is published as unproven, with the reason', async (_, given, error, builds) => {
    const { asked, end, steps } = await execute({ proveOn: 'build', ...given });
    expect(end.status).toBe('SUCCEEDED');
    expect(steps.filter((name) => name === 'proofBuild')).toHaveLength(builds);
    expect(asked.at(-2)?.[1]).toMatchObject({ proof: null, unproven: { Error: error }, proveOn: 'build' });
  });

  it('of a build that exported nothing is asked for all the same', async () => {
    const { asked } = await execute({
      proveOn: 'build',
      proofBuild: () => ({ Build: {} }),
      readProof: () => ({ failure: { Error: 'InterruptedError', Cause: '' } }),
    });
    expect(asked.find(([, input]) => 'exported' in input)?.[1]).toEqual({ run: 'run-1', exported: [], failure: null });
  });

  it('refuted by a function never goes on in a build', async () => {
    const { steps } = await execute({ prove: failing(new BackupRefutedError('a row is missing')) });
    expect(steps).toEqual(['open', 'dump', 'prove', 'settle']);
  });

  it('on one machine, which has no build, is published as unproven', async () => {
    const { asked, steps } = await execute({ on: oneMachine, bytes: functionProofBytes + 1, prove: failing(new StorageFullError('full')) });
    expect(steps).toEqual(['open', 'dump', 'prove', 'publish', 'rotate']);
    expect(asked.at(-2)?.[1]).toMatchObject({ proof: null, unproven: { Error: 'StorageFullError' } });
  });
});
