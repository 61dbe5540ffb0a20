import * as z from 'zod';
import { type Exported, exportedOutcome, pack } from '../backup/build-exports.ts';
import { type Finding, tried } from './check.ts';

const mostCharacters = 10_000;
const text = z.string().max(mostCharacters);
const findingsSchema = z.array(
  z.object({ check: text, state: z.enum(['ok', 'warning', 'wrong']), found: text, error: text.optional() }).transform(
    ({ error, ...finding }): Finding => ({
      ...finding,
      ...(error !== undefined && { error }),
    }),
  ),
);

/** Makes a check on CodeBuild. Returns its findings as text for `findingsOfBuild`; an error becomes a finding. */
export async function checkOnBuild(check: () => Promise<Finding[]>): Promise<string> {
  let findings: Finding[] = [];
  const made = await tried('check', async () => {
    findings = await check();
    return 'made';
  });
  return pack(made.state === 'ok' ? findings : [made], (characters) => [
    {
      check: 'check',
      state: 'wrong',
      found: `the check was made, but what it says is too long to be handed on: ${characters} characters`,
      error: 'UnexpectedError',
    },
  ]);
}

/** Returns the findings that a build exported; undefined if it exported none. */
export async function findingsOfBuild(exported: readonly Exported[]): Promise<Finding[] | undefined> {
  return exportedOutcome(exported, findingsSchema);
}
