import { differencesBetween, type Scan } from '../../../documents/scan.ts';
import { secondsSince } from '../../../time/elapsed.ts';
import type { ProofResult } from '../../engine.ts';
import { shortened } from '../../server/shortened.ts';
import { withProgress } from '../../server/with-progress.ts';
import { withoutPlace, wordsOf } from '../failures.ts';
import { RestoreScript } from '../restore/restore-script.ts';
import { changesBetween, Definitions } from '../script/definitions.ts';
import { identifier } from '../sql-text.ts';
import { createDatabase } from './prepare.ts';
import { contentsOf, otherNumbers, type ProofContext } from './proof-context.ts';
import { isConsequence } from './unsupported.ts';

/** Largest number of reasons that are listed one by one. */
const mostReasons = 50;

/**
 * Proves where something is `missing`. Tries every statement. Objects that cannot be made for that reason are unproven.
 * The rest is held to the standard of a whole proof: each table that could be made, and each statement that failed for
 * another reason.
 */
export async function provePartly(context: ProofContext, missing: string[]): Promise<ProofResult> {
  const { scratch, open, expected, source, work } = context;
  const begun = performance.now();
  await scratch.prepare([`DROP DATABASE IF EXISTS ${identifier(scratch.name)}`]);
  await createDatabase(scratch, source);
  const [stored, restored] = [new Definitions(), new Definitions()];
  const { complaint } = await scratch.restore(new RestoreScript({ keepsEngines: true }, stored).from(withProgress(open(), 'prove', expected.size, work)), {
    force: true,
  });
  const restoreSeconds = secondsSince(begun);
  const failed = [
    ...new Set(
      complaint
        .split('\n')
        .filter((line) => /^ERROR \d/.test(line))
        .map(withoutPlace),
    ),
  ];
  const unreadable = await withoutUnreadableViews(context);
  const found = await contentsOf(context, restored);
  const made = new Set([...found.tables, ...found.sequences].map(({ name }) => name));
  const changes = changesBetween(stored, restored);
  const added = changes.added.filter(isNoTable).map((name) => `${name} was not in the dump`);
  const unmade = changes.missing.filter((name) => isNoTable(name) && !unreadable.includes(name)).map((name) => `${name} could not be made here`);
  const lost = expected.tables.filter(({ name }) => !made.has(name)).map(({ name }) => `table ${name} could not be made here`);
  const others = failed.filter((line) => !isConsequence(line, scratch.name)).map((line) => `a statement failed: ${wordsOf(line)}`);
  return {
    restoreSeconds,
    differences: [...new Set([...differencesBetween(within(expected, made), found), ...otherNumbers(expected, stored), ...added, ...others])],
    flaws: [],
    unproven: shortened(
      [
        ...missing,
        ...failed.filter((line) => isConsequence(line, scratch.name)).map(wordsOf),
        ...lost,
        ...unreadable.map((name) => `${name} cannot be read here`),
        ...unmade,
      ],
      mostReasons,
    ),
    notes: changes.notes,
  };
}

/** Returns true except for tables, which are reported with their rows. */
function isNoTable(name: string): boolean {
  return !name.startsWith('TABLE ');
}

/** Removes views of something that is missing here: such a view stops the tool. */
async function withoutUnreadableViews({ scratch }: ProofContext): Promise<string[]> {
  const names = (await scratch.ask(`SELECT JSON_QUOTE(TABLE_NAME) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`)).map(
    (line) => JSON.parse(line) as string,
  );
  const unreadable: string[] = [];
  for (const name of names) {
    const said = await scratch.ask(`CHECK TABLE ${identifier(name)}`);
    if (!said.some((line) => /\t(Error|error)\t/.test(line))) continue;
    await scratch.ask(`DROP VIEW ${identifier(name)}`);
    unreadable.push(`VIEW ${name}`);
  }
  return unreadable;
}

/** Reduces the expected scan to the tables and sequences that are there. */
function within(expected: Scan, made: ReadonlySet<string>): Scan {
  return { ...expected, tables: expected.tables.filter(({ name }) => made.has(name)), sequences: expected.sequences.filter(({ name }) => made.has(name)) };
}
