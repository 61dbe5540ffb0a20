import { readFileSync } from 'node:fs';
import validator from 'asl-validator';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { provers } from '../../core/engines/cards.ts';
import { errorNames, OutOfTimeError } from '../../core/errors.ts';
import { parseDefinition } from '../../core/workflow/definition.ts';
import { buildErrors, cutOffErrors, lambdaErrors } from '../../core/workflow/execution.ts';
import { Interpreter } from '../../core/workflow/interpreter.ts';
import { TestClock } from '../support/clock.ts';
import { never } from '../support/never.ts';
import { nameOfFunction, resolved } from '../support/resolved.ts';
import { configured, deployable, type Resource, stackOf, standInCode, targets, templateOf } from '../support/synthesized.ts';

interface State {
  Type: string;
  Next?: string;
  Retry?: { ErrorEquals: string[] }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
  Choices?: { Next: string }[];
}

/** States whose Catch leads to the larger compute, or to what it noted. */
const toLargerCompute = ['Dump database', 'Dump on CodeBuild'];
/** States that make a proof. */
const proving = ['Prove backup', 'Prove on CodeBuild', 'Read proof'];

const template = templateOf(
  configured({
    targets,
    databases: { main: { engine: 'mysql', connection: { secret: 'prod/main' } }, old: { engine: 'postgres', connection: { secret: 'prod/old' } } },
  }),
); // brings every function
const machine = machineOf(template);
const substitutions = resolved(template, machine.DefinitionSubstitutions) as Record<string, string>;
/** As Step Functions gets it. */
const definition = resolved(template, machine.DefinitionString) as string;
const text: string = definition.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => substitutions[name] ?? `missing ${name}`);
const states = (JSON.parse(text) as { States: Record<string, State> }).States;
const everyState = Object.entries(states);
const { provers: table = '', ...others } = substitutions;
const arns = { ...others, ...proversIn(table) };
const functions = Object.keys(arns).filter((name) => name !== 'build' && name !== 'proofBuild');

/** The state machine of backups, or another. */
function machineOf({ Resources }: typeof template, name = 'Backup'): Resource['Properties'] {
  return (
    Object.entries(Resources).find(([id, { Type }]) => Type === 'AWS::StepFunctions::StateMachine' && id.includes(`Workflow${name}`))?.[1].Properties ?? {}
  );
}

/** What an object of JSONata says of each prover. */
function proversIn(table: string): Record<string, string> {
  return Object.fromEntries([...table.matchAll(/'(\w+)': '([^']+)'/g)].map(([, name = '', arn]) => [name, arn ?? '']));
}

it('is a state machine that Step Functions would take', () => {
  const { isValid, errorsText } = validator(JSON.parse(text) as object);
  expect(isValid, errorsText('\n')).toBe(true);
});

it('would not be with a state that is nowhere', () => {
  expect(
    validator(
      JSON.parse(text.replace('"Next":"Proof due?"', '"Next":"Nowhere"').replace('"Next": "Proof due?"', '"Next": "Nowhere"')) as Parameters<
        typeof validator
      >[0],
    ).isValid,
  ).toBe(false);
});

it('every function that the file names is the one of that name, and nothing else is given', () => {
  expect(text).not.toContain('missing ');
  const { build, proofBuild, ...versions } = arns;
  expect([build, proofBuild]).toEqual(['build', 'proofBuild']);
  expect(Object.entries(versions).map(([name, arn]) => [name, arn.split(':function:')[1]])).toEqual(Object.keys(versions).map((name) => [name, `${name}:1`]));
  const named = new Set(definition.match(/\$\{\w+\}/g));
  expect([...named].sort()).toEqual(
    Object.keys(substitutions)
      .map((name) => `\${${name}}`)
      .sort(),
  );
});

it('proofs for a function that is not deployed are for the usual one: an older PostgreSQL is then proven on the newest', () => {
  const without = templateOf(configured());
  const { DefinitionSubstitutions: given } = machineOf(without);
  const { prove, ...rest } = proversIn(String(resolved(without, given.provers)));
  expect(Object.keys(rest)).toEqual(provers.slice(1));
  for (const other of Object.values(rest)) expect(other).toEqual(prove);
  expect(prove).toMatch(/:function:prove:1$/);
});

it('the proof goes to the function that the dump names', async () => {
  const { Arguments } = states['Prove backup'] as State & { Arguments: { FunctionName: string } };
  const [, expression = ''] = /^\{%(.*)%\}$/.exec(Arguments.FunctionName) ?? [];
  for (const prover of provers) expect(await jsonata(expression).evaluate({}, { dump: { prover } })).toBe(arns[prover]);
});

describe('the workflow of several places', () => {
  const { private: place } = deployable.places ?? {};
  const several = templateOf(
    configured({
      databases: {
        main: { engine: 'postgres', connection: { secret: 'prod/main' }, place: 'private' },
        other: { engine: 'postgres', connection: { secret: 'prod/other' }, place: 'second' },
        open: { engine: 'postgres', connection: { secret: 'prod/open' } },
      },
      places: { ...deployable.places, second: { ...place, vpc: 'vpc-0123456789abcdef9', routeTables: ['rtb-0123456789abcdef9'] } } as typeof deployable.places,
    }),
  );
  const { DefinitionString, DefinitionSubstitutions } = machineOf(several);
  const parsed = parseDefinition(resolved(several, DefinitionString) as string, resolved(several, DefinitionSubstitutions) as Record<string, string>);

  /** Runs it as Step Functions gets it, with a dump that a function has no time for. Returns what it called. */
  async function ran(at: string) {
    const called: string[] = [];
    const answers: Record<string, unknown> = {
      open: { run: 'run-1', served: false, prove: false, compute: 'function', proveOn: 'function', place: at },
      read: { dump: { prover: 'prove', totals: { bytes: 1 } } },
    };
    const interpreter = new Interpreter(parsed, {
      clock: new TestClock(),
      tasks: {
        'arn:aws:states:::lambda:invoke': async (work) => {
          const { FunctionName, Payload } = work as { FunctionName: string; Payload: object };
          const [, name = ''] = /:function:(\w+):1$/.exec(FunctionName) ?? [];
          called.push(name);
          if (name.startsWith('dump') && !('failure' in Payload)) throw new OutOfTimeError('15 minutes were over');
          return { Payload: answers['failure' in Payload ? 'read' : name] ?? {} };
        },
        'arn:aws:states:::codebuild:startBuild.sync': async (work) => {
          called.push((work as { ProjectName: string }).ProjectName);
          return { Build: {} };
        },
      },
    });
    const input = { database: 'main', slot: '2026-11-22T02:00:00Z', kind: 'scheduled', requestedBy: 'test', again: false };
    return { called, end: await interpreter.run({ id: 'execution-1', name: 'run-1', input }, never) };
  }

  it.each([
    ['private', 'dump', 'build'],
    ['second', 'dumpsecond', 'buildsecond'],
    ['-', 'dumpinternet', 'buildinternet'],
  ])('dumps what is in the place %j by %s, and on %s', async (at, dump, build) => {
    const { called, end } = await ran(at);
    expect(called).toEqual(['open', dump, build, dump, 'publish', 'rotate']);
    expect(end).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('calls nothing for a place that it does not know, and settles that', async () => {
    const { called, end } = await ran('gone');
    expect(called).toEqual(['open', 'settle']);
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError', cause: expect.stringContaining('$place') });
  });
});

describe('the workflow', () => {
  const role = machine.RoleArn['Fn::GetAtt'][0];
  const statements = Object.values(template.Resources)
    .filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: { 'Fn::GetAtt': [string, string] }[] }[]);
  const those = (kind: RegExp) => statements.filter(({ Action }) => [Action].flat().some((action) => kind.test(action)));

  it('may invoke these functions, in every version, and no others', () => {
    const invoked = those(/^lambda:/).flatMap(({ Resource }) => resolved(template, Resource) as string[]);
    expect(invoked.map((arn) => arn.split(':function:')[1]).sort()).toEqual(functions.map((name) => `${name}:*`).sort());
  });

  it('goes on with the code that it began with: what it calls is a version of each function, which another deployment keeps', () => {
    const versionsIn = ({ Resources }: typeof template) => Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Version');
    const versions = versionsIn(template);
    expect(versions.map(([, { Properties }]) => nameOfFunction(Properties.FunctionName.Ref)).sort()).toEqual([...functions, 'record', 'restore'].sort());
    for (const [, version] of versions) expect(version).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    const dump = (of: typeof template) => versionsIn(of).flatMap(([id, { Properties }]) => (/dumpFunction/.test(Properties.FunctionName.Ref) ? [id] : []));
    const config = { databases: { main: { engine: 'postgres', version: 18, connection: { secret: 'prod/main' } } } } as const;
    const before = standInCode();
    const after = { ...before, code: { ...before.code, dump: before.code.open } };
    const of = (code: typeof before) => {
      const { app, stack } = stackOf(configured(config), code);
      return dump(app.synth().getStackByName(stack.stackName).template as typeof template);
    };
    expect(of(after)).toHaveLength(1);
    expect(of(after)).not.toEqual(of(before));
    expect(of(before)).toEqual(of(before));
  });

  it('may start the two builds, watch them and stop them', () => {
    expect(resolved(template, those(/^(codebuild|events):/))).toEqual([
      {
        Effect: 'Allow',
        Action: ['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'],
        Resource: ['arn:aws:codebuild:eu-west-3:123456789012:project/build', 'arn:aws:codebuild:eu-west-3:123456789012:project/proofBuild'],
      },
      {
        Effect: 'Allow',
        Action: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
        Resource: 'arn:aws:events:eu-west-3:123456789012:rule/StepFunctionsGetEventForCodeBuildStartBuildRule',
      },
    ]);
  });
});

describe('the workflows of orders', () => {
  const read = (file: string) => JSON.parse(readFileSync(new URL(`../../core/workflow/${file}.asl.json`, import.meta.url), 'utf8')).States;
  const [ofBackups, ofVerify] = [read('backup'), read('verify')];

  it.each(['Where to prove?', 'Prove backup', 'Prove elsewhere?', 'Prove on CodeBuild', 'Read proof', 'Proven?'])(
    'makes a proof as that of backups: "%s" differs in where it leads, and in that a refuted backup is a result',
    (name) => {
      const plain = ({ Comment: _, ...state }: object & { Comment?: string }) =>
        JSON.stringify(state)
          .replaceAll(/"(Next|Default)":"(Publish backup|Settle failure|Record proof)"/g, '"$1":"the end"')
          .replace(',"onDemand":true', '')
          .replace(", 'onDemand': true", '');
      expect(plain(ofVerify[name])).toBe(plain(ofBackups[name]));
      expect(JSON.stringify(ofVerify[name])).not.toMatch(/Publish backup|Settle failure/);
    },
  );

  it.each([
    ['Verify', ['proofBuild', 'provers', 'record']],
    ['Restore', ['provers', 'publish', 'record', 'restore', 'restoreBuild', 'rotate']],
  ])('%s is one that Step Functions would take, and calls what it is given: %j', (name, parts) => {
    const { DefinitionString, DefinitionSubstitutions } = machineOf(template, name);
    const given = resolved(template, DefinitionSubstitutions) as Record<string, string>;
    expect(Object.keys(given).sort()).toEqual(parts);
    const filled = (resolved(template, DefinitionString) as string).replaceAll(/\$\{(\w+)\}/g, (_, part: string) => given[part] ?? `missing ${part}`);
    expect(filled).not.toContain('missing ');
    const { isValid, errorsText } = validator(JSON.parse(filled) as object);
    expect(isValid, errorsText('\n')).toBe(true);
  });

  it('a restore is never repeated once it may have begun', () => {
    const { Restore, 'Restore on CodeBuild': onBuild } = read('restore');
    const repeated = ({ Retry }: State) => Retry?.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(repeated(Restore)).toEqual(['Lambda.TooManyRequestsException']);
    expect(repeated(onBuild)).toEqual(['CodeBuild.AccountLimitExceededException']);
  });
});

describe('errors', () => {
  const names = everyState.flatMap(([, { Retry = [], Catch = [] }]) => [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals));

  it('that it tells apart are those that the code throws', () => {
    expect(names.length).toBeGreaterThan(10);
    const known: string[] = [...errorNames, ...lambdaErrors, ...buildErrors, ...cutOffErrors];
    expect([...new Set(names)].filter((name) => !name.startsWith('States.') && !known.includes(name))).toEqual([]);
  });

  it.each(everyState.filter(([, { Type }]) => Type === 'Task'))(
    'of "%s" are caught, and what is caught before a backup is published ends in Fail',
    (name, { Catch = [] }) => {
      expect(Catch.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
      const ends = new Set(Catch.flatMap(({ Next }) => endsOf(Next)));
      const after = ['Rotate backups', 'Report rotation'].includes(name) ? ['Backup done'] : ['Fail'];
      // only what a proof shows fails the execution
      const afterAll = proving.includes(name) ? ['Backup done', ...(name === 'Read proof' ? [] : ['Fail'])] : after;
      expect([...ends].sort()).toEqual(toLargerCompute.includes(name) ? ['Fail', 'Proof due?'] : afterAll);
    },
  );

  /** The states without a way on that can be reached; what came of the larger compute is a failure, a dump or a proof. */
  function endsOf(name: string): string[] {
    const state = states[name];
    if (['Dumped?', 'Proven?', 'Prove elsewhere?'].includes(name)) return (state?.Choices ?? []).flatMap(({ Next }) => endsOf(Next));
    return state?.Next ? endsOf(state.Next) : [name];
  }
});
