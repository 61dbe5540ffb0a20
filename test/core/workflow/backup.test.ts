import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { errorNames } from '../../../core/errors.ts';
import { parseDefinition, type State, type TaskState } from '../../../core/workflow/definition.ts';
import { buildErrors, cutOffErrors, lambdaErrors, stateErrors, WorkflowError } from '../../../core/workflow/execution.ts';
import { Interpreter, type Task } from '../../../core/workflow/interpreter.ts';
import { proverTable } from '../../../core/workflow/prover-table.ts';
import { SharedClock } from '../../support/clock.ts';
import { never } from '../../support/never.ts';

const file = readFileSync(new URL('../../../core/workflow/backup.asl.json', import.meta.url), 'utf8');
/** With the one substitution that is not a text but an expression. */
const source = file.replaceAll(
  `\${provers}`,
  proverTable((prover) => prover),
);
const validate = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => { isValid: boolean; errorsText(): string };

const { States, StartAt } = parseDefinition(source, {});
const tasks = Object.entries(States).filter((entry): entry is [string, TaskState] => entry[1].Type === 'Task');
const beforePublication = ['Open run', 'Dump database', 'Read dump', 'Publish backup'];
const choices = ['Already served?', 'Where to dump?', 'Dumped?', 'Proof due?', 'Where to prove?', 'Proven?'];
const proving = ['Prove backup', 'Prove on CodeBuild', 'Read proof'];
const settled = { ErrorEquals: ['States.ALL'], Assign: { failure: '{% $states.errorOutput %}' }, Next: 'Settle failure' };
const afterPublication = ['Rotate backups', 'Report rotation'];

/** The states that can come after this one, by `Next` alone or by a catcher too. */
function following(state: State, by: 'success' | 'any'): string[] {
  if (state.Type === 'Choice') return [...state.Choices.map(({ Next }) => Next), ...(state.Default ? [state.Default] : [])];
  const next = 'Next' in state && state.Next !== undefined ? [state.Next] : [];
  return state.Type === 'Task' && by === 'any' ? [...next, ...state.Catch.map(({ Next }) => Next)] : next;
}

function reachable(from: string, by: 'success' | 'any'): Set<string> {
  const found = new Set([from]);
  for (const name of found) for (const next of following(States[name] as State, by)) found.add(next);
  return found;
}

describe('the backup workflow', () => {
  it('is what the Amazon States Language allows, in JSONata', () => {
    const definition = JSON.parse(source);
    const { isValid, errorsText } = validate(definition);
    expect(isValid, isValid ? '' : errorsText()).toBe(true);
    const { Default: _, ...broken } = { ...definition.States['Proof due?'], Next: 'Nowhere' };
    expect(validate({ ...definition, States: { ...definition.States, 'Proof due?': broken } }).isValid).toBe(false);
  });

  it('goes from opening to rotation when all is well', () => {
    expect(StartAt).toBe('Open run');
    const ways = [...beforePublication, ...proving, ...choices, 'Dump on CodeBuild', 'Settle failure', 'Fail', 'Rotate backups', 'Backup done'];
    expect([...reachable(StartAt, 'success')].sort()).toEqual(ways.sort());
  });

  it('names in its rules only errors that exist', () => {
    const named = tasks.flatMap(([, { Retry, Catch }]) => [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals));
    const known: string[] = [...errorNames, ...Object.values(stateErrors), ...lambdaErrors, ...buildErrors, ...cutOffErrors];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('puts States.ALL alone and last, as the States Language demands', () => {
    for (const [name, { Retry, Catch }] of tasks) {
      for (const rules of [Retry, Catch]) {
        const wild = rules.findIndex(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
        expect(wild, name).toBe(rules.length - 1);
        expect(rules[wild]?.ErrorEquals, name).toEqual(['States.ALL']);
      }
    }
  });

  it.each(tasks)('%s repeats what a repeat may mend three times, 60 s apart', (_, { Retry }) => {
    expect(Retry.at(-1)).toMatchObject({ ErrorEquals: ['States.ALL'], IntervalSeconds: 60, BackoffRate: 1, MaxAttempts: 3 });
  });

  it.each(tasks)('%s waits for Lambda or CodeBuild itself, whichever it needs', (_, { Resource, Retry }) => {
    const own = Retry.filter(({ ErrorEquals }) => ErrorEquals.some((name) => /^(Lambda|CodeBuild)\./.test(name)));
    const patient = { IntervalSeconds: 5, BackoffRate: 2, MaxDelaySeconds: 300, MaxAttempts: 120, JitterStrategy: 'FULL' };
    expect(own).toEqual([{ ErrorEquals: [...(Resource.includes(':lambda:') ? lambdaErrors : buildErrors)], ...patient }]);
  });

  it.each(tasks)(
    '%s has rules of its own only for errors that are never repeated, for Lambda and CodeBuild themselves or for a busy database',
    (_, { Retry }) => {
      for (const { ErrorEquals, IntervalSeconds, BackoffRate, MaxAttempts } of Retry.slice(0, -1)) {
        if (ErrorEquals.includes(lambdaErrors[0]) || ErrorEquals.includes(buildErrors[0])) continue;
        if (ErrorEquals.includes('DatabaseBusyError')) {
          expect({ ErrorEquals, waits: IntervalSeconds * MaxAttempts, BackoffRate }).toEqual({
            ErrorEquals: ['DatabaseBusyError'],
            waits: 7200,
            BackoffRate: 1,
          });
        } else {
          expect(MaxAttempts).toBe(0);
        }
      }
    },
  );

  it.each(beforePublication)('whatever goes wrong in %s is kept, settled, and then fails the execution', (name) => {
    const { Catch } = States[name] as TaskState;
    expect(Catch.at(-1)).toEqual(settled);
    expect(Catch.slice(0, -1)).toEqual(name === 'Dump database' ? [{ ErrorEquals: ['OutOfTimeError'], Next: 'Dump on CodeBuild' }] : []);
  });

  it('a proof fails the execution by its verdict alone', () => {
    const { Catch } = States['Prove backup'] as TaskState;
    expect(Catch).toEqual([
      { ...settled, ErrorEquals: ['BackupRefutedError', 'DocumentInvalidError'] },
      {
        ErrorEquals: ['OutOfTimeError', 'StorageFullError', ...cutOffErrors],
        Assign: { unproven: '{% $states.errorOutput %}' },
        Next: 'Prove elsewhere?',
      },
      { ErrorEquals: ['States.ALL'], Assign: { unproven: '{% $states.errorOutput %}' }, Next: 'Publish backup' },
    ]);
    expect((States['Read proof'] as TaskState).Catch).toEqual([
      { ErrorEquals: ['States.ALL'], Assign: { unproven: '{% $states.errorOutput %}' }, Next: 'Publish backup' },
    ]);
  });

  it('whatever becomes of the larger compute, what it noted of the dump is read', () => {
    const { Catch, Next } = States['Dump on CodeBuild'] as TaskState;
    expect(Next).toBe('Read dump');
    expect(Catch).toEqual([{ ErrorEquals: ['States.ALL'], Output: { failure: '{% $states.errorOutput %}' }, Next: 'Read dump' }]);
  });

  it('fails with the original error even when settling fails', () => {
    const settle = States['Settle failure'] as TaskState;
    expect(settle.Next).toBe('Fail');
    expect(settle.Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'Fail' }]);
    expect(States.Fail).toMatchObject({ Type: 'Fail', Error: '{% $failure.Error %}', Cause: '{% $failure.Cause %}' });
  });

  it.each(afterPublication)('nothing after publication, from %s on, can fail the execution', (name) => {
    const after = reachable(name, 'any');
    expect(after).toContain('Backup done');
    expect(after).not.toContain('Fail');
    expect(after).not.toContain('Settle failure');
    expect((States[name] as TaskState).Catch.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
  });

  it('of 50 databases at one hour finishes where ten functions may run at once', async () => {
    let seed = 1;
    vi.spyOn(Math, 'random').mockImplementation(() => {
      seed = (seed * 16_807) % 2_147_483_647; // Park and Miller's generator: the same pauses each time
      return seed / 2_147_483_647;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const clock = new SharedClock('2026-11-22T02:00:00Z');
    const seconds: Record<string, number> = { dump: 800, prove: 800 };
    const answers: Record<string, object> = {
      open: { run: 'run', served: false, prove: true, compute: 'function', proveOn: 'function', place: '-' },
      dump: { prover: 'prove', dump: {}, scan: {}, totals: { bytes: 1 } },
    };
    let [running, most, refused] = [0, 0, 0];
    const steps = ['open', 'dump', 'publish', 'rotate', 'settle'];
    const definition = parseDefinition(file, { ...Object.fromEntries(steps.map((step) => [step, step])), provers: proverTable(() => 'prove') });
    const lambda: Task = async (work) => {
      const { FunctionName: name } = work as { FunctionName: string };
      if (running === 10) {
        refused++;
        throw new WorkflowError(lambdaErrors[0], 'Rate Exceeded.');
      }
      most = Math.max(most, ++running);
      await clock.sleep((seconds[name] ?? 3) * 1000);
      running--;
      return { Payload: { engine: 'postgres', compression: 'zstd', ...answers[name] } };
    };
    const interpreter = new Interpreter(definition, { clock, tasks: { 'arn:aws:states:::lambda:invoke': lambda } });
    const ends = await clock.until(
      Promise.all(
        Array.from({ length: 50 }, (_, index) => interpreter.run({ id: `${index}`, name: `db-${index}`, input: { database: `db-${index}` } }, never)),
      ),
    );
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));
    expect([most, refused > 100]).toEqual([10, true]);
    // the work itself fills ten functions for 50 × 1600 / 10 s, which is 2 h 13 min
    expect(clock.now().getTime() - Date.parse('2026-11-22T02:00:00Z')).toBeLessThan(4 * 3_600_000);
  });

  it('leaves no state that nothing leads to', () => {
    expect([...reachable(StartAt, 'any')].sort()).toEqual(Object.keys(States).sort());
  });
});
