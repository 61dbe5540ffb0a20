import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OutOfTimeError, RefusedError, RestoreFailedError, StorageFullError } from '../../../core/errors.ts';
import { parseDefinition } from '../../../core/workflow/definition.ts';
import { cutOffErrors, WorkflowError } from '../../../core/workflow/execution.ts';
import { Interpreter } from '../../../core/workflow/interpreter.ts';
import { TestClock } from '../../support/clock.ts';
import { never } from '../../support/never.ts';

const source = readFileSync(new URL('../../../core/workflow/restore.asl.json', import.meta.url), 'utf8');
const others = { record: 'record', publish: 'publish', rotate: 'rotate', provers: "{'prove': 'prove'}" };
const onePlace = { ...others, restore: 'restore', restoreBuild: 'restoreBuild' };
const order = { order: 'restore', backup: 'main-20261122_020000Z', at: '2026-11-23T02:00:00Z', by: 'cli:alice', claimed: true };
const input = { ...order, to: 'staging', confirmed: 'main', options: { force: true } };
const stored = {
  manifest: 'main/m.json',
  proof: null,
  place: 'private',
  restoreOn: 'function',
  replaced: null as string | null,
  replacedAs: 'main-replaced',
  reason: 'replaced',
};
const step = { backup: input.backup, manifest: stored.manifest, proof: null, to: 'staging', confirmed: 'main', options: { force: true } };
/** Answer of a step that backs up what is replaced: that of a dump has all that a proof is given. */
const kept = (name: string) => ({ step: name, prover: 'prove', engine: 'postgres', compression: 'zstd', dump: 'main/d.sql.zst', scan: 'main/s.scan.json' });
const restored = { tables: 2, rows: 203, into: 'staging at db.internal', notes: [] };

type Answer = (input: Record<string, unknown>) => unknown;
interface Given {
  begun?: Partial<typeof stored>;
  restore?: Answer;
  build?: Answer;
  read?: Answer;
  /** Answers of the steps that back up what is replaced. */
  keep?: (step: string) => unknown;
  names?: Record<string, string>;
}

/** Runs the definition with functions that answer as they are told. Returns the end, and what was asked of each. */
async function execute({
  begun = {},
  restore = () => restored,
  build = () => ({ Build: { ExportedEnvironmentVariables: [{ Name: 'N', Value: 'packed' }] } }),
  read = () => ({ restored }),
  keep = kept,
  names = onePlace,
}: Given) {
  const asked: [name: string, input: Record<string, unknown>][] = [];
  const clock = new TestClock();
  const interpreter = new Interpreter(parseDefinition(source, names), {
    clock,
    tasks: {
      'arn:aws:states:::lambda:invoke': async (work) => {
        const { FunctionName, Payload } = work as { FunctionName: string; Payload: Record<string, unknown> };
        asked.push([FunctionName, Payload]);
        if (FunctionName === 'record') return { Payload: 'failure' in Payload ? { recorded: true } : { ...stored, ...begun } };
        if (FunctionName === 'prove' || FunctionName === 'publish' || FunctionName === 'rotate') return { Payload: keep(FunctionName) };
        if ('replaced' in Payload) return { Payload: keep('dump') };
        return { Payload: ('exported' in Payload ? read : restore)(Payload) };
      },
      'arn:aws:states:::codebuild:startBuild.sync': async (work) => {
        const { ProjectName } = work as { ProjectName: string };
        asked.push([ProjectName, work as Record<string, unknown>]);
        return build(work as Record<string, unknown>);
      },
    },
  });
  const end = await interpreter.run({ id: 'execution-1', name: 'order-1', input }, never);
  return { end, asked, steps: asked.map(([name]) => name), slept: clock.slept };
}

const failing = (error: Error): Answer => {
  return () => {
    throw error;
  };
};

it('a restore that a function has time for is made by one, and recorded', async () => {
  const { asked, end, steps } = await execute({});
  expect(steps).toEqual(['record', 'restore', 'record']);
  expect(asked[1]?.[1]).toEqual(step);
  expect(asked[2]?.[1]).toEqual({ ...input, restored, failure: null });
  expect(end).toMatchObject({ status: 'SUCCEEDED', output: { into: restored.into, rows: restored.rows } });
});

describe('a restore that replaces', () => {
  const begun = { replaced: 'main-replaced-20261123_020000Z_manual' };

  it('backs up what is there first: dumped in the place of the target, proven, published and rotated', async () => {
    const { asked, end, steps } = await execute({ begun });
    expect(steps).toEqual(['record', 'restore', 'prove', 'publish', 'rotate', 'restore', 'record']);
    expect(asked[1]?.[1]).toEqual({ replaced: begun.replaced, to: 'staging' });
    expect(asked[3]?.[1]).toMatchObject({
      run: begun.replaced,
      execution: 'execution-1',
      dump: { step: 'dump' },
      proof: { step: 'prove' },
      reason: 'replaced',
    });
    expect(asked[4]?.[1]).toEqual({ database: 'main-replaced', by: 'rotation' });
    expect(asked[5]?.[1]).toEqual(step);
    expect(end.status).toBe('SUCCEEDED');
  });

  it.each(['dump', 'prove', 'publish'])('changes nothing if that fails: %s', async (failing) => {
    const keep = (step: string) => {
      if (step === failing) throw new RefusedError('no');
      return kept(step);
    };
    const { asked, end, steps } = await execute({ begun, keep });
    expect(steps.filter((name) => name === 'restore')).toHaveLength(1);
    expect(asked.at(-1)?.[1]).toMatchObject({ restored: null, failure: { Error: 'RefusedError' } });
    expect(end).toMatchObject({ status: 'FAILED', error: 'RefusedError' });
  });

  it('goes on if that cannot be rotated', async () => {
    const keep = (step: string) => {
      if (step === 'rotate') throw new RefusedError('no');
      return kept(step);
    };
    expect((await execute({ begun, keep })).end.status).toBe('SUCCEEDED');
  });
});

describe('a restore that a function cannot make', () => {
  it.each([
    new OutOfTimeError('15 minutes were over'),
    new StorageFullError('/tmp is full'),
    ...cutOffErrors.map((name) => new WorkflowError(name, 'Runtime exited with error: signal: killed')),
  ])('begins anew on a build, which is told what the function was told: $message', async (error) => {
    const { asked, end, slept, steps } = await execute({ restore: failing(error) });
    expect(steps).toEqual(['record', 'restore', 'restoreBuild', 'restore', 'record']);
    expect(asked[2]?.[1]).toEqual({
      ProjectName: 'restoreBuild',
      EnvironmentVariablesOverride: [{ Name: 'SAUVEGARDE_TO_RESTORE', Value: JSON.stringify(step), Type: 'PLAINTEXT' }],
    });
    expect(asked[3]?.[1]).toEqual({ backup: input.backup, exported: [{ Name: 'N', Value: 'packed' }], failure: null });
    expect(asked[4]?.[1]).toEqual({ ...input, restored, failure: null });
    expect({ status: end.status, slept }).toEqual({ status: 'SUCCEEDED', slept: [] });
  });

  it.each([new RefusedError('the target is not empty'), new RestoreFailedError('everything was restored, but it could not be compared')])(
    'for another reason ends under its name, with no build: $name',
    async (error) => {
      const { end, steps } = await execute({ restore: failing(error) });
      expect(steps).toEqual(['record', 'restore', 'record']);
      expect(end).toMatchObject({ status: 'FAILED', error: error.name });
    },
  );

  it('begins on a build if it was chosen beforehand', async () => {
    const { end, steps } = await execute({ begun: { restoreOn: 'build' }, restore: failing(new OutOfTimeError('not to be called')) });
    expect(steps).toEqual(['record', 'restoreBuild', 'restore', 'record']);
    expect(end.status).toBe('SUCCEEDED');
  });
});

describe('a build that restores', () => {
  const begun = { restoreOn: 'build' };

  it('fails under the name of its outcome', async () => {
    const failure = { Error: 'RestoreFailedError', Cause: 'the restore was undone' };
    const { asked, end } = await execute({ begun, read: () => ({ failure }) });
    expect(asked.at(-1)?.[1]).toMatchObject({ restored: null, failure });
    expect(end).toMatchObject({ status: 'FAILED', error: failure.Error, cause: failure.Cause });
  });

  it.each(['States.TaskFailed', 'CodeBuild.SdkClientException'])('is not repeated once it may have begun, and its outcome is read: %s', async (name) => {
    const { asked, end, slept, steps } = await execute({
      begun,
      build: failing(new WorkflowError(name, 'STOPPED')),
      read: ({ failure }) => ({ failure }),
    });
    expect(steps).toEqual(['record', 'restoreBuild', 'restore', 'record']);
    expect(asked[2]?.[1]).toEqual({ backup: input.backup, exported: [], failure: { Error: name, Cause: 'STOPPED' } });
    expect({ error: end.error, slept }).toEqual({ error: name, slept: [] });
  });

  it('that CodeBuild did not take waits its turn', async () => {
    let builds = 0;
    const { end, steps } = await execute({
      begun,
      build: () => (++builds < 3 ? failing(new WorkflowError('CodeBuild.AccountLimitExceededException', 'too many builds'))({}) : { Build: {} }),
    });
    expect(steps).toEqual(['record', 'restoreBuild', 'restoreBuild', 'restoreBuild', 'restore', 'record']);
    expect(end.status).toBe('SUCCEEDED');
  });
});

describe('with targets in several places', () => {
  const names = {
    ...others,
    restore: "{% $lookup({'private': 'restore', 'second': 'restore-second'}, $place) %}",
    restoreBuild: "{% $lookup({'private': 'restoreBuild', 'second': 'restoreBuild-second'}, $place) %}",
  };

  it.each([
    ['private', ['restore', 'restoreBuild', 'restore']],
    ['second', ['restore-second', 'restoreBuild-second', 'restore-second']],
  ])('works in that of the target: %s', async (place, working) => {
    const { steps } = await execute({ names, begun: { place }, restore: failing(new OutOfTimeError('late')) });
    expect(steps).toEqual(['record', ...working, 'record']);
  });

  it('calls nothing for a place that it does not know, and ends with that', async () => {
    const { end, steps } = await execute({ names, begun: { place: 'gone' } });
    expect(steps).toEqual(['record', 'record']);
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
});
