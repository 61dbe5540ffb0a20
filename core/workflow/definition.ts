import * as z from 'zod';
import { ConfigurationError } from '../errors.ts';

/** A value whose strings may be JSONata expressions, `{% … %}`. */
export type Template = string | number | boolean | null | Template[] | { [key: string]: Template };

const template: z.ZodType<Template> = z.json() as z.ZodType<Template>;
const assign = z.record(z.string(), template);
const seconds = z.number().min(0);

const retrier = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  IntervalSeconds: z.int().min(1).default(1),
  MaxAttempts: z.int().min(0).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: z.int().min(1).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
});

const catcher = z.strictObject({ ErrorEquals: z.array(z.string()).min(1), Next: z.string(), Assign: assign.optional(), Output: template.optional() });

const common = { Comment: z.string().optional(), Assign: assign.optional(), Output: template.optional() };
const flow = { Next: z.string().optional(), End: z.literal(true).optional() };

const task = z.strictObject({
  Type: z.literal('Task'),
  ...common,
  ...flow,
  Resource: z.string(),
  Arguments: template.optional(),
  Retry: z.array(retrier).default([]),
  Catch: z.array(catcher).default([]),
});
const choice = z.strictObject({
  Type: z.literal('Choice'),
  Comment: z.string().optional(),
  Choices: z.array(z.strictObject({ Condition: z.string(), Next: z.string(), Assign: assign.optional(), Output: template.optional() })).min(1),
  Default: z.string().optional(),
});
const pass = z.strictObject({ Type: z.literal('Pass'), ...common, ...flow });
const wait = z.strictObject({ Type: z.literal('Wait'), ...common, ...flow, Seconds: z.union([seconds, z.string()]) });
const succeed = z.strictObject({ Type: z.literal('Succeed'), Comment: z.string().optional(), Output: template.optional() });
const fail = z.strictObject({ Type: z.literal('Fail'), Comment: z.string().optional(), Error: z.string().optional(), Cause: z.string().optional() });

const definition = z.strictObject({
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata'),
  StartAt: z.string(),
  TimeoutSeconds: seconds.optional(),
  States: z.record(
    z.string(),
    z.discriminatedUnion('Type', [task, choice, pass, wait, succeed, fail], {
      error: ({ input }) => `${String((input as { Type?: unknown } | undefined)?.Type)} is not one of Task, Choice, Pass, Wait, Succeed and Fail`,
    }),
  ),
});

/**
 * Part of the Amazon States Language (https://states-language.net/spec.html, JSONata) that a definition may use, so
 * that it behaves alike in both homes.
 */
export type Definition = z.output<typeof definition>;
export type State = Definition['States'][string];
export type TaskState = Extract<State, { Type: 'Task' }>;

/**
 * Reads a definition's text after substituting `${name}`. Throws ConfigurationError with every state and field that the
 * definition must not use.
 */
export function parseDefinition(text: string, substitutions: Record<string, string>): Definition {
  const filled = text.replace(/\$\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(substitutions, name) ? (substitutions[name] ?? '') : whole));
  if (/\$eval\s*\(/.test(filled)) throw new ConfigurationError("the workflow's definition uses $eval, which Step Functions does not have");
  const parsed = definition.safeParse(JSON.parse(filled));
  if (!parsed.success)
    throw new ConfigurationError(`the workflow's definition uses parts that are not supported: ${parsed.error.issues.map(sentence).join('; ')}`);
  const endless = Object.entries(parsed.data.States).filter(
    ([, state]) => !['Choice', 'Succeed', 'Fail'].includes(state.Type) && 'Next' in state === 'End' in state,
  );
  if (endless.length > 0)
    throw new ConfigurationError(`the workflow's definition must give exactly one of Next and End to ${endless.map(([name]) => name).join(', ')}`);
  const wrong = danglingNames(parsed.data);
  if (wrong.length > 0) throw new ConfigurationError(`the workflow's definition names states that do not exist: ${wrong.join(', ')}`);
  return parsed.data;
}

function sentence(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.');
  return issue.code === 'unrecognized_keys' ? `${where || 'top level'} has ${issue.keys.join(', ')}` : `${where}: ${issue.message}`;
}

function danglingNames({ StartAt, States }: Definition): string[] {
  const named = Object.values(States).flatMap((state) => {
    if (state.Type === 'Choice') return [...state.Choices.map(({ Next }) => Next), state.Default];
    if (state.Type === 'Task') return [state.Next, ...state.Catch.map(({ Next }) => Next)];
    return state.Type === 'Pass' || state.Type === 'Wait' ? [state.Next] : [];
  });
  return [StartAt, ...named].filter((name): name is string => name !== undefined && !Object.hasOwn(States, name));
}
