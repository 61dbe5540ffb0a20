import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import * as z from 'zod';
import { outcomeVariable } from '../../names.ts';
import type { Failure } from '../../workflow/execution.ts';

/** Variable that a build exported, as AWS writes it. */
export interface Exported {
  Name: string;
  Value: string;
}

/**
 * Longest text of an outcome, in characters. Linux starts no program with a variable of 128 KiB; a proof's lists are
 * short, and compress well.
 */
const mostCharacters = 100_000;
/** Largest size of an outcome, in bytes, before it was packed. */
const mostBytes = 4_000_000;

/**
 * Packs the outcome of a build as text without a character that a shell or JSON knows. `instead` makes the outcome in
 * place of one that would be too long, from its length in characters.
 */
export async function pack(outcome: unknown, instead: (characters: number) => unknown): Promise<string> {
  const packed = await packedOnce(outcome);
  return packed.length <= mostCharacters ? packed : packedOnce(instead(packed.length));
}

/** Packs a result or a failure; a result that is too long becomes a failure. `what` is made, as in "the proof". */
export async function packResult(what: string, outcome: object): Promise<string> {
  return pack(outcome, (characters) => ({
    failure: { Error: 'UnexpectedError', Cause: `${what} was made, but what it says is too long to be handed on: ${characters} characters` },
  }));
}

/** Schema of a failure in an outcome. */
export const failureSchema = z.strictObject({ failure: z.strictObject({ Error: z.string(), Cause: z.string() }) });

/** Longest quotation of AWS's words about a build, in characters; only their beginning helps. */
const mostQuoted = 500;

/**
 * Returns the failure of a build without an outcome, because it never began or was killed: InterruptedError. `failure`
 * is the error that AWS reports, `see` names what says more.
 */
export function withoutOutcome(what: string, failure: Failure | null, see: string): { failure: Failure } {
  const why = failure ? ` (${failure.Error}: ${failure.Cause.slice(0, mostQuoted)})` : '';
  return { failure: { Error: 'InterruptedError', Cause: `${what} on CodeBuild ended without a result${why}; see ${see} of its build` } };
}

async function packedOnce(outcome: unknown): Promise<string> {
  return (await promisify(gzip)(JSON.stringify(outcome))).toString('base64');
}

/** Reads the outcome that a build exported; undefined if there is none of this shape. */
export async function exportedOutcome<Outcome>(exported: readonly Exported[], schema: z.ZodType<Outcome>): Promise<Outcome | undefined> {
  const packed = exported.find(({ Name }) => Name === outcomeVariable)?.Value;
  if (packed === undefined) return undefined;
  try {
    const bytes = await promisify(gunzip)(Buffer.from(packed, 'base64'), { maxOutputLength: mostBytes });
    return schema.safeParse(JSON.parse(bytes.toString())).data;
  } catch {
    return undefined; // whatever it is, it is no outcome
  }
}
