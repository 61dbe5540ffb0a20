import * as z from 'zod';
import { deployedWith, engineNames, provers } from '../core/engines/cards.ts';
import { databaseName, partsOfRunId } from '../core/names.ts';
import { programmed, programmedOf } from '../core/programs/tools.ts';

/* Parts that the events of several functions share. */

/** Longest text, in characters: longer than any ARN or person's name. */
const mostCharacters = 2048;

export const text = z.string().max(mostCharacters, `write ${mostCharacters} characters at most`);
export const name = text.min(1, 'write something');
export const database = z.string().regex(databaseName, "write a database's name: lower-case letters, digits and hyphens");
export const host = z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'write the name of a host');
export const port = z.int().min(1).max(65_535);
export const instant = z.iso.datetime({ error: 'write an instant such as "2026-11-22T05:00:00Z"' });
export const run = text.refine((id) => partsOfRunId(id) !== undefined, 'write the id of a run such as "main-20261122_050000Z"');
export const kind = z.enum(['scheduled', 'manual']);
export const engine = z.enum(engineNames);
export const prover = z.enum(provers);
export const compression = z.enum(['zstd', 'gzip', 'none']);

/**
 * Asks whether the function works where it is deployed, with the programs of these families, instead of its usual work.
 */
export const check = z.strictObject({
  check: z.literal(true),
  families: z.array(z.enum(programmed.map(({ family }) => family))).default(programmedOf(deployedWith([])).map(({ family }) => family)),
  /** Older major version whose server is tried. */
  major: z.int().optional(),
});

/**
 * Author's mark, whatever the event says: a function has only the event's word for its author, as Lambda does not tell
 * who invokes it.
 */
export const claimed = z
  .boolean()
  .optional()
  .transform(() => true);

/** Names of tables or schemas; a part of a restore's order that may have many. */
const names = z.array(name).max(1000, 'name 1000 at most, or restore the whole backup');

/** Options of a restore into a declared target. */
export const restoreOptions = z.strictObject({
  tables: names.optional(),
  schemas: names.optional(),
  force: z.boolean().optional(),
  withoutBackup: z.boolean().optional(),
  withoutOwners: z.boolean().optional(),
  withRoles: z.boolean().optional(),
  withoutPrivileges: z.boolean().optional(),
  enableEvents: z.boolean().optional(),
  withoutFlawed: z.boolean().optional(),
});

/** Input of the workflow's executions. */
export const request = { database, slot: instant, kind, requestedBy: name, again: z.boolean(), claimed };

/** Longest cause of an error in Step Functions, in characters (API reference, FailureException). */
const mostOfCause = 32_768;
export const cause = z.string().max(mostOfCause);
/** Error that the workflow caught. */
export const failure = z.object({ Error: text, Cause: cause.default('') });

/** Longest value of an exported variable, in characters. */
const mostOfVariable = 200_000;
/** Variables that a build exported. */
export const exported = z.array(z.object({ Name: z.string(), Value: z.string().max(mostOfVariable) }));

/** Event from the rule on executions that failed, timed out or were aborted. */
export const statusEvent = z.object({
  'detail-type': z.literal('Step Functions Execution Status Change'),
  source: z.literal('aws.states'),
  detail: z.object({
    executionArn: name,
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    input: z.string().refine(isJson, 'write the JSON of a request'),
    error: text.nullish(),
    cause: cause.nullish(),
  }),
});

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
