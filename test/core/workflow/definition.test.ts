import { describe, expect, it } from 'vitest';
import { type ErrorName, errorNames, notRetryable } from '../../../core/errors.ts';
import source from '../../../core/workflow/backup.asl.json' with { type: 'json' };
import { parseDefinition } from '../../../core/workflow/definition.ts';
import { buildErrors, lambdaErrors } from '../../../core/workflow/execution.ts';
import type { StateInput } from '../../support/workflow.ts';

function parse(A: StateInput, top: StateInput = {}) {
  return parseDefinition(JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A }, ...top }), {});
}

const task = { Type: 'Task', Resource: 'work', End: true };

describe('a definition', () => {
  it.each<[string, StateInput, RegExp]>([
    ['Parallel', { Type: 'Parallel', Branches: [], End: true }, /States\.A\.Type: Parallel is not one of/],
    ['$eval', { Type: 'Pass', Output: "{% $eval('1') %}", End: true }, /uses \$eval/],
    ['Map', { Type: 'Map', ItemProcessor: {}, End: true }, /States\.A\.Type/],
    ...['InputPath', 'OutputPath', 'ResultPath', 'Parameters', 'ResultSelector', 'Result'].map(
      (field) =>
        [`${field} of JSONPath`, { Type: 'Pass', [field]: '$', End: true }, new RegExp(`States\\.A has ${field}`)] satisfies [string, StateInput, RegExp],
    ),
    ['a JSONPath rule', { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'A' }] }, /Choices\.0.*Variable, IsNull/],
    ['another query language', { Type: 'Pass', QueryLanguage: 'JSONPath', End: true }, /States\.A has QueryLanguage/],
    ['a time limit of a task', { ...task, TimeoutSeconds: 5 }, /States\.A has TimeoutSeconds/],
    ['a heartbeat', { ...task, HeartbeatSeconds: 5 }, /States\.A has HeartbeatSeconds/],
    ['a jitter that is none', { ...task, Retry: [{ ErrorEquals: ['States.ALL'], JitterStrategy: 'HALF' }] }, /Retry\.0\.JitterStrategy/],
    ['ResultPath of a catcher', { ...task, Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$', Next: 'A' }] }, /Catch\.0 has ResultPath/],
    ['Timestamp', { Type: 'Wait', Timestamp: '2026-11-22T02:00:00Z', End: true }, /States\.A.*Timestamp/],
    ['a field that is none', { ...task, Retries: 3 }, /States\.A has Retries/],
    ['attempts below none', { ...task, Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: -1 }] }, /Retry\.0\.MaxAttempts/],
    ['a rate below one', { ...task, Retry: [{ ErrorEquals: ['States.ALL'], BackoffRate: 0.5 }] }, /Retry\.0\.BackoffRate/],
    ['no names of errors', { ...task, Retry: [{ ErrorEquals: [] }] }, /Retry\.0\.ErrorEquals/],
  ])('that uses %s is refused by name', (_, state, message) => {
    expect(() => parse(state)).toThrowError(expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(message) }));
  });

  it.each([
    ['Version', { Version: '1.0' }, /top level has Version/],
    ['JSONPath throughout', { QueryLanguage: 'JSONPath' }, /QueryLanguage/],
    ['no query language, which means JSONPath', { QueryLanguage: undefined }, /QueryLanguage/],
  ])('with %s at the top is refused by name', (_, top, message) => {
    expect(() => parse(task, top)).toThrowError(expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(message) }));
  });

  it('lists all that is wrong with it at once', () => {
    const States = { A: { Type: 'Parallel' }, B: { Type: 'Pass', InputPath: '$', End: true } };
    expect(() => parse(task, { States })).toThrowError(/States\.A.*States\.B/s);
  });

  it.each([
    ['StartAt', { StartAt: 'Gone' }, task],
    ['Next of a task', {}, { Type: 'Task', Resource: 'work', Next: 'Gone' }],
    ['Next of a catcher', {}, { ...task, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Gone' }] }],
    ['Next of a choice', {}, { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'Gone' }] }],
    ['Default', {}, { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'A' }], Default: 'Gone' }],
    ['Next of Pass', {}, { Type: 'Pass', Next: 'Gone' }],
    ['Next of Wait', {}, { Type: 'Wait', Seconds: 1, Next: 'Gone' }],
    ['a name that every object has', {}, { Type: 'Pass', Next: 'toString' }],
  ])('whose %s names no state is refused', (_, top, state) => {
    expect(() => parse(state, top)).toThrowError(expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(/Gone|toString/) }));
  });

  it.each([
    ['neither', { Type: 'Pass' }],
    ['both', { Type: 'Pass', Next: 'A', End: true }],
  ])('whose state has %s Next and End is refused', (_, state) => {
    expect(() => parse(state)).toThrowError(
      expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(/exactly one of Next and End to A/) }),
    );
  });

  it('takes substitutions, and leaves those nobody gave', () => {
    const [known, unknown] = ['open', 'toString'].map((name) => ['$', '{', name, '}'].join(''));
    const text = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { ...task, Arguments: [known, unknown] } } });
    expect(parseDefinition(text, { open: 'arn:open' }).States.A).toMatchObject({ Arguments: ['arn:open', unknown] });
  });
});

const ofOrders: ErrorName[] = ['RefusedError', 'UnknownNameError', 'BackupFlawedError', 'SourceChangedError'];
const ofSources: ErrorName[] = ['SourceUnreadableError', 'SourceCorruptError', 'AccessDeniedError', 'TlsRefusedError'];
const ofPrograms: ErrorName[] = ['ToolMissingError', 'ToolTooOldError'];
/** Errors that a repeat cannot mend and that the step does not meet, or meets where a repeat is another thing. */
const exempt: Record<string, ErrorName[]> = {
  'Open run': [
    ...[...ofOrders, ...ofSources, ...ofPrograms],
    ...(['BackupRefutedError', 'DocumentInvalidError', 'InterruptedError', 'KeyMissingError', 'ObjectExistsError', 'OutOfTimeError'] as const),
  ],
  'Dump database': [...ofOrders, 'VaultOwnedError', 'BackupRefutedError', 'DocumentInvalidError', 'KeyMissingError', 'ObjectExistsError'], // the next attempt writes other keys
  'Prove backup': [...ofOrders, ...ofSources, ...ofPrograms, 'VaultOwnedError', 'InterruptedError', 'ObjectExistsError'],
  'Publish backup': [
    ...ofOrders,
    ...ofSources,
    ...ofPrograms,
    'BackupRefutedError',
    'ConfigurationError',
    'DocumentInvalidError',
    'KeyMissingError',
    'OutOfTimeError',
  ],
};

/** Errors that a repeat may mend elsewhere, where the step's work goes on. */
const elsewhere: Record<string, ErrorName[]> = { 'Prove backup': ['StorageFullError'] };

describe('the workflow of a backup', () => {
  const { States } = parseDefinition(JSON.stringify(source), {});
  const retries = Object.entries(States).flatMap(([name, state]) => (state.Type === 'Task' ? state.Retry.map((retry) => ({ name, ...retry })) : []));

  it.each(Object.keys(exempt))('does not repeat the step "%s" for an error that a repeat cannot mend', (step) => {
    const never = retries.filter(({ name, MaxAttempts }) => name === step && MaxAttempts === 0).flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(never.length).toBeGreaterThan(0);
    expect([...never, ...(exempt[step] ?? [])].sort()).toEqual([...notRetryable, ...(elsewhere[step] ?? [])].sort());
  });

  it('gives up at once for no other error, and in no other step', () => {
    const givenUp = retries.filter(({ MaxAttempts }) => MaxAttempts === 0);
    expect([...new Set(givenUp.map(({ name }) => name))]).toEqual(Object.keys(exempt));
    const repeated = retries.filter(({ MaxAttempts }) => MaxAttempts !== 0).flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(repeated.filter((name) => notRetryable.some((each) => each === name))).toEqual([]);
    const known: string[] = ['States.ALL', ...lambdaErrors, ...buildErrors, ...errorNames];
    expect(repeated.filter((name) => !known.includes(name))).toEqual([]);
  });
});
