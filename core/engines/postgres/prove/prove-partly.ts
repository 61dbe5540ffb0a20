import { differencesBetween, type Scan } from '../../../documents/scan.ts';
import { secondsSince } from '../../../time/elapsed.ts';
import type { ProofResult } from '../../engine.ts';
import { shortened } from '../../server/shortened.ts';
import { withProgress } from '../../server/with-progress.ts';
import { postgresMajor } from '../card.ts';
import { unquoted } from '../dump/completeness.ts';
import { RestoreScript, type Rule } from '../restore/restore-script.ts';
import { linesOf } from '../restore/run-script.ts';
import { lostFrom, SchemaText } from '../script/definitions.ts';
import { copiedTable } from '../script/plain-dump.ts';
import { PostgresScanner } from '../script/scanner.ts';
import { contentsOf, isSameVersion, type ProofContext, schemasOf, unprovenFrom } from './proof-context.ts';
import { runDeferred } from './run-deferred.ts';
import { restorer } from './scratch-database.ts';
import { withoutSuperuser } from './statement-filter.ts';
import { isConsequence } from './unsupported.ts';

/** Largest number of reasons that are listed one by one. */
const mostReasons = 50;

/**
 * Proves where something is `missing`. Tries every statement. Objects that cannot be made for that reason are unproven.
 * The rest is held to the standard of a whole proof: the stored rows themselves, each table that could be made, and
 * each statement that failed for another reason.
 * Takes two runs of psql. After a COPY that cannot begin, psql may take the rows for statements (15 does; 18.6 leaves
 * them out), so the existing tables must be known before the first COPY.
 */
export async function provePartly(context: ProofContext, missing: string[]): Promise<ProofResult> {
  const { scratch, open, expected, options, work } = context;
  const begun = performance.now();
  const rule = withoutSuperuser(postgresMajor, { whole: false, schemas: schemasOf(expected) });
  const [scanner, stored] = [new PostgresScanner(), new SchemaText()];
  const first = new RestoreScript(beforeRows(rule), { schema: stored, options, lenient: true });
  const made = await scratch.run(first.from(scannedBy(scanner, open())), { user: restorer, whole: false });
  const second = new RestoreScript(fromRowsOn(rule, await tablesOf(context)), { options, lenient: true });
  const filled = await scratch.run(second.from(withProgress(open(), 'prove', expected.size, work)), { user: restorer, whole: false });
  const restoreSeconds = secondsSince(begun);
  const notes = await runDeferred(scratch, [...first.later, ...second.later], expected);
  const failed = linesOf(`${made.complaint}\n${filled.complaint}`).filter((line) => /^(ERROR|FATAL): /.test(line));
  const restored = new SchemaText();
  const contents = await contentsOf(() => scratch.dump(work, expected), { open, expected, schema: restored });
  const lost = lostFrom(stored, restored, isSameVersion(expected));
  const empty = emptied(expected, contents);
  const damaged = differencesBetween(expected, { ...expected, ...scanner.end() });
  const changed = differencesBetween(shared(expected, contents, empty), { ...contents, tables: contents.tables.filter(({ name }) => !empty.includes(name)) });
  return {
    restoreSeconds,
    differences: [...new Set([...damaged, ...changed, ...failed.filter((line) => !isConsequence(line)).map((line) => `a statement failed: ${line}`)])],
    flaws: [],
    unproven: shortened(
      [
        ...unprovenFrom(expected, [...first.unknown, ...second.unknown]),
        ...missing,
        ...new Set(failed.filter(isConsequence)),
        ...lost.objects.map((name) => `${name} could not be made here`),
        ...empty.map((name) => `the rows of ${name} could not be loaded here`),
      ],
      mostReasons,
    ),
    notes: [...notes.filter((line) => !isConsequence(line)), ...lost.details],
  };
}

/** Lists tables whose rows are missing. A COPY fails as a whole: without a type's function, it loads no rows. */
function emptied(expected: Scan, { tables }: Scan): string[] {
  const bare = new Set(tables.filter(({ rows }) => rows === 0).map(({ name }) => name));
  return expected.tables.filter(({ name, rows }) => rows > 0 && bare.has(name)).map(({ name }) => name);
}

/** Reduces the expected scan to the tables and sequences that are there. */
function shared(expected: Scan, contents: Scan, empty: string[]): Scan {
  const there = new Set([...contents.tables, ...contents.sequences].map(({ name }) => name));
  return {
    ...expected,
    tables: expected.tables.filter(({ name }) => there.has(name) && !empty.includes(name)),
    sequences: expected.sequences.filter(({ name }) => there.has(name)),
  };
}

/** Passes everything before the first rows. */
function beforeRows(rule: Rule): Rule {
  let isOver = false;
  return (statement) => {
    isOver ||= isCopy(statement);
    return isOver ? 'drop' : rule(statement);
  };
}

/**
 * Passes the settings, and everything from the first rows on except the rows of tables that are not `there` (names as
 * `unquoted` gives them).
 */
export function fromRowsOn(rule: Rule, there: ReadonlySet<string>): Rule {
  let hasBegun = false;
  return (statement) => {
    const table = copiedTable(Buffer.from(statement), (bytes) => bytes.toString());
    hasBegun ||= table !== undefined;
    if (table !== undefined) return there.has(unquoted(table)) ? 'pass' : 'drop';
    return hasBegun || /^(SET |SELECT pg_catalog\.set_config\()/.test(statement) ? rule(statement) : 'drop';
  };
}

function isCopy(statement: string): boolean {
  return copiedTable(Buffer.from(statement)) !== undefined;
}

/** Lists tables that can be filled; names as `unquoted` gives them. */
async function tablesOf({ scratch }: ProofContext): Promise<Set<string>> {
  const tables = await scratch.ask<[string, string][]>(
    "SELECT coalesce(json_agg(json_build_array(n.nspname, c.relname)), '[]') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'INSERT')",
  );
  return new Set(tables.map((name) => JSON.stringify(name)));
}

async function* scannedBy(scanner: PostgresScanner, dump: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of dump) {
    scanner.write(chunk);
    yield chunk;
  }
}
