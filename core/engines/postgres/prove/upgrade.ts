import { shortened } from '../../../documents/shortened.ts';
import type { ProofResult } from '../../engine.ts';
import { postgresMajor } from '../card.ts';
import { RestoreScript, type Rule } from '../restore/restore-script.ts';
import { UnknownOptions } from '../restore/unknown-options.ts';
import { serverFor } from './cluster.ts';
import { prepare } from './prepare.ts';
import { type ProofContext, schemasOf } from './proof-context.ts';
import { fills, withoutOptions } from './prove-partly.ts';
import { refusedOf } from './refused.ts';
import { ScratchDatabase } from './scratch-database.ts';
import { withoutSuperuser } from './statement-filter.ts';
import { isUnsupported } from './unsupported.ts';

type Parts = Pick<ProofContext, 'open' | 'expected' | 'work'>;

/** Largest number of objects that are named. */
const mostNamed = 10;
/** Longest time for it, in milliseconds: it is beside the proof, whose verdict is known. */
const longest = 60_000;

/**
 * Adds notes on what the newest server would refuse of a dump that was proven on its own version. Restores everything
 * but rows, statement by statement. Whatever goes wrong with that is a note too, and changes no verdict.
 */
export async function withUpgrade(result: ProofResult, parts: Parts): Promise<ProofResult> {
  const known = [...result.flaws.map(({ what }) => what), ...result.unproven];
  const isNew = (object: string) => !known.some((each) => each.startsWith(`${object}: `));
  const work = { ...parts.work, signal: AbortSignal.any([parts.work.signal, AbortSignal.timeout(longest)]) };
  const notes = await refusedByNewest({ ...parts, work }, isNew).catch((error: Error) => [
    `what would not restore on PostgreSQL ${postgresMajor} is not known: ${error.message}`,
  ]);
  return { ...result, notes: [...notes, ...result.notes] };
}

async function refusedByNewest({ open, expected, work }: Parts, isNew: (object: string) => boolean): Promise<string[]> {
  const launch = await work.tools.server('postgres', work.signal);
  await using server = (await serverFor(expected, { major: postgresMajor, launch }, work)).server;
  await using scratch = new ScratchDatabase(server, await work.tools.client('psql', work.signal), work, postgresMajor);
  const options = new UnknownOptions();
  await prepare({ scratch, open, expected }, () => undefined);
  const rule = withoutRows(withoutSuperuser(postgresMajor, { whole: false, schemas: schemasOf(expected) }));
  const refused = await refusedOf(scratch, ({ passed }) => new RestoreScript(rule, { options, lenient: true, ...(passed && { passed }) }).from(open()));
  const left = (await withoutOptions({ scratch, options }, refused)).filter(({ object, reason }) => !isUnsupported(reason) && isNew(object));
  return shortened(
    left.map(({ object, reason }) => `would not restore on PostgreSQL ${postgresMajor}: ${object}: ${reason}`),
    mostNamed,
  );
}

function withoutRows(rule: Rule): Rule {
  return (statement) => (fills(statement) || /^COMMENT ON LARGE OBJECT /.test(statement) ? 'drop' : rule(statement));
}
