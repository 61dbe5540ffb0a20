import type { Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { secondsSince } from '../../../time/elapsed.ts';
import type { ProofResult, Work } from '../../engine.ts';
import { proveInTurn } from '../../server/prove-in-turn.ts';
import { withProgress } from '../../server/with-progress.ts';
import { postgresMajor } from '../card.ts';
import { RestoreScript } from '../restore/restore-script.ts';
import { linesOf } from '../restore/run-script.ts';
import { UnknownOptions } from '../restore/unknown-options.ts';
import { lostFrom, SchemaText } from '../script/definitions.ts';
import { type ServerPrograms, serverFor } from './cluster.ts';
import { computedOtherwise } from './computed-otherwise.ts';
import { prepare } from './prepare.ts';
import { compare, definitionsUnlike, isSameVersion, majorOf, type ProofContext, schemasOf, unprovenFrom } from './proof-context.ts';
import { provePartly } from './prove-partly.ts';
import { proveRoles } from './prove-roles.ts';
import { runDeferred } from './run-deferred.ts';
import { restorer, ScratchDatabase } from './scratch-database.ts';
import { madeBySuperuser, withoutSuperuser } from './statement-filter.ts';
import { withUpgrade } from './upgrade.ts';

/** Advice where a dump, and not its source, is to blame. */
const makeAnother = 'make another backup: this dump was changed after it was made, or its tool does not write the object as it is';

type Parts = Pick<ProofContext, 'open' | 'expected' | 'work'>;

/** Largest number of notes, each of which is a line. */
const mostNotes = 20;

/**
 * Restores into a server of our own, of the source's major version if that can be had, as a role that is not superuser.
 * Dumps that with the same tool and settings through the same scanner, and compares table by table and statement by
 * statement. If the server cannot hold something, the proof is partial: it is done again, statement by statement.
 */
export async function prove(open: () => AsyncIterable<Uint8Array>, expected: Scan, work: Work): Promise<ProofResult> {
  const major = majorOf(expected);
  const own = await work.tools.older('postgres', major, work.signal);
  const result = await proveOn(own ? { major, launch: own } : { major: postgresMajor, launch: await work.tools.server('postgres', work.signal) }, {
    open,
    expected,
    work,
  });
  return own && result.differences.length === 0 ? await withUpgrade(result, { open, expected, work }) : result;
}

async function proveOn(programs: ServerPrograms, { open, expected, work }: Parts): Promise<ProofResult> {
  const psql = await work.tools.client('psql', work.signal);
  const started = await serverFor(expected, programs, work);
  await using server = started.server;
  const { major } = programs;
  await using scratch = new ScratchDatabase(server, psql, work, major);
  const context = { scratch, major, open, expected, work, unlike: started.lacking, options: new UnknownOptions() };
  const result = await proveInTurn({
    prepare: () => prepare(context, (difference) => context.unlike.push(difference)),
    whole: () => proveWhole(context),
    partly: (missing) => provePartly(context, missing),
    completed: (found) => ({ ...found, notes: [...context.options.notes, ...expected.warnings, ...found.notes] }),
  });
  const roles = result.differences.length > 0 ? [] : await proveRoles(context);
  return { ...result, notes: shortened([...result.notes, ...roles], mostNotes) };
}

/**
 * Proves in one transaction. Returns undefined if that failed; the transaction has left nothing.
 */
async function proveWhole(context: ProofContext): Promise<ProofResult | undefined> {
  const { scratch, major, open, expected, options, work } = context;
  const begun = performance.now();
  const stored = new SchemaText();
  const rule = withoutSuperuser(major, { whole: true, schemas: schemasOf(expected) });
  const script = new RestoreScript(rule, { schema: stored, options, lenient: true });
  const restored = await scratch.run(script.from(withProgress(open(), 'prove', expected.size, work)), { user: restorer, whole: true });
  const restoreSeconds = secondsSince(begun);
  if (restored.failed && options.learn(restored.complaint)) return proveWhole(context);
  if (restored.failed) return undefined;
  const complaints = await runDeferred(scratch, script.later, expected);
  const found = new SchemaText();
  const differences = await compare(() => scratch.dump(work, expected), { open, expected, schema: found });
  const lost = lostFrom(stored, found, isSameVersion(context));
  const unlike = await definitionsUnlike(context, lost.details);
  const otherwise = await computedOtherwise(context);
  return {
    restoreSeconds,
    differences: [...differences, ...lost.objects.filter((name) => !madeBySuperuser.test(name)).map((name) => `${name} is missing`)],
    flaws: [
      ...unlike.changed.filter(({ isExact }) => isExact).map(({ what }) => ({ what: `${what} is other than in the source`, remedy: makeAnother })),
      ...otherwise.flaws,
    ],
    unproven: [
      ...unprovenFrom(expected, script.unknown),
      ...context.unlike,
      ...unlike.changed.filter(({ isExact }) => !isExact).map(({ what }) => `${what} may be other than in the source`),
      ...otherwise.unproven,
      ...unlike.missing
        .filter((what) => !lost.objects.some((name) => what.includes(name.replace(/^[A-Z ]+ /, ''))))
        .map((what) => `${what} of the source did not come back`),
      ...lost.objects.filter((name) => madeBySuperuser.test(name)).map((name) => `${name} could not be made here`),
    ],
    notes: [...linesOf(restored.complaint), ...complaints, ...lost.details],
  };
}
