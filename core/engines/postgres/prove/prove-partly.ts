import { differencesBetween, type Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { secondsSince } from '../../../time/elapsed.ts';
import type { ProofResult } from '../../engine.ts';
import { withProgress } from '../../server/with-progress.ts';
import { unquoted } from '../dump/completeness.ts';
import { RestoreScript, type Rule } from '../restore/restore-script.ts';
import { textOf } from '../restore/run-script.ts';
import { isAsItWas } from '../restore/text-table.ts';
import { lostFrom, SchemaText } from '../script/definitions.ts';
import { copiedTable } from '../script/plain-dump.ts';
import { PostgresScanner, sequenceSetBy } from '../script/scanner.ts';
import { computedOtherwise } from './computed-otherwise.ts';
import { loadAgain, tableIn } from './load-again.ts';
import { contentsOf, definitionsUnlike, isSameVersion, type ProofContext, schemasOf, unprovenFrom } from './proof-context.ts';
import { type Passing, type Refused, refusedOf } from './refused.ts';
import { flawsOf, ofContents } from './remedies.ts';
import { runDeferred } from './run-deferred.ts';
import { restorer } from './scratch-database.ts';
import { madeBySuperuser, withoutSuperuser } from './statement-filter.ts';
import { makeTextTables, tryAgain } from './try-again.ts';
import { isConsequence, isUnsupported } from './unsupported.ts';

/** Largest number of reasons that are listed one by one. */
const mostReasons = 50;

/**
 * Proves statement by statement, where the whole restore failed or something is `missing`. Nothing that fails refutes
 * by itself: rows decide. A statement that fails for what the source holds is a flaw. One that fails for what this
 * server lacks is unproven. The rest is held to the standard of a whole proof: the stored rows themselves, each table
 * whose rows loaded, and each object whose statements ran.
 * Takes a run of psql for each section of the dump. After a COPY that cannot begin, psql may take the rows for
 * statements (15 does; 18.6 leaves them out), so the existing tables must be known before the first COPY; and what
 * follows the rows must not be made before those that were refused are loaded again.
 */
export async function provePartly(context: ProofContext, missing: string[]): Promise<ProofResult> {
  const { scratch, major, open, expected, options, work } = context;
  const begun = performance.now();
  const ruled = () => withoutSuperuser(major, { whole: false, schemas: schemasOf(expected) });
  const [scanner, stored] = [new PostgresScanner(), new SchemaText()];
  const scripts: RestoreScript[] = [];
  const section = (rule: () => Rule, { schema, source = open }: { schema?: SchemaText; source?: ProofContext['open'] } = {}): Passing => {
    let isFirst = true;
    return ({ passed }) => {
      const script = new RestoreScript(rule(), { options, lenient: true, ...(passed && { passed }), ...(isFirst && schema && { schema }) });
      const from = isFirst ? source() : open();
      if (isFirst) scripts.push(script);
      isFirst = false;
      return script.from(from);
    };
  };
  const before = await refusedOf(
    scratch,
    section(() => beforeRows(ruled()), { schema: stored, source: () => scannedBy(scanner, open()) }),
  );
  const early = await tryAgain(context, await withoutOptions(context, before));
  const textTables = await makeTextTables(context, early.refused);
  const there = await tablesOf(context);
  const copies = await refusedOf(
    scratch,
    section(() => rowsIn(ruled(), there), { source: () => withProgress(open(), 'prove', expected.size, work) }),
  );
  const {
    refused: unloaded,
    checks,
    others,
    asText: setAside,
  } = await loadAgain(
    context,
    copies.filter((each) => isCopy(each.statement)),
  );
  const late = await refusedOf(
    scratch,
    section(() => afterRows(ruled())),
  );
  const after = await tryAgain(context, await withoutOptions(context, late));
  const restoreSeconds = secondsSince(begun);
  const deferred = await runDeferred(
    scratch,
    scripts.flatMap(({ later }) => later),
    expected,
  );
  const restored = new SchemaText();
  const contents = await contentsOf(() => scratch.dump(work, expected), { open, expected, schema: restored });
  const lost = lostFrom(stored, restored, isSameVersion(context));
  const { changed: reworded } = await definitionsUnlike(context, lost.details);
  const partial = new Set(unloaded.map(tableIn));
  const empty = emptied(expected, contents).filter((name) => partial.has(name) || !there.has(unquoted(name)));
  const damaged = differencesBetween(expected, { ...expected, ...scanner.end() });
  const asText = [...textTables, ...setAside];
  const values = copies.filter((each) => !isCopy(each.statement));
  const refused = distinct([...early.putOff, ...early.refused, ...values, ...unloaded, ...others, ...checks, ...after.putOff, ...after.refused]);
  const isForeign = faultOfPlace(context, { missing, refused });
  // a restore must know how these come back, whatever the reason
  const isPlaces = (each: Refused) =>
    !each.comesBack && !others.some(({ digest, object }) => digest === each.digest && !object.startsWith('TABLE ATTACH ')) && isForeign(each);
  const flawed = refused.filter((each) => !isPlaces(each));
  const emptiedColumns = flawed.flatMap(({ object }) => /^GENERATED COLUMN (.*)\./.exec(object)?.[1] ?? []);
  const isAnother = (what: string) => ![...partial, ...empty, ...emptiedColumns].some((name) => what.includes(` ${name}:`));
  const otherwise = await computedOtherwise(context, { missing, objects: refused.filter(isPlaces).map(({ object }) => object) });
  const named = new Set(flawed.map(({ object }) => object));
  const unloadable = [...new Set([...empty, ...partial])];
  const unset = values.flatMap(({ statement }) => sequenceSetBy(Buffer.from(statement, 'latin1').toString()) ?? []);
  const changed = differencesBetween(shared(expected, contents, [...unloadable, ...unset]), {
    ...contents,
    tables: contents.tables.filter(({ name }) => !unloadable.includes(name) && !isAsItWas(name)),
  });
  const silent = refused.length === 0 && missing.length === 0 ? [...empty, ...lost.objects.filter((name) => !madeBySuperuser.test(name))] : [];
  return {
    restoreSeconds,
    differences: [...new Set([...damaged, ...changed, ...silent.map((name) => `${name} is missing`)])],
    flaws: [...flawsOf(flawed, expected.flaws ?? []), ...otherwise.flaws.filter(({ what }) => isAnother(what))],
    unproven: shortened(
      [
        ...unprovenFrom(
          expected,
          scripts.flatMap(({ unknown }) => unknown),
        ),
        ...missing,
        ...context.unlike,
        ...otherwise.unproven.filter(isAnother),
        ...new Set(refused.filter(isPlaces).map(({ object, reason }) => `${object}: ${reason}${otherMajor(context)}`)),
        ...lost.objects.filter((name) => !named.has(name) && !silent.includes(name)).map((name) => `${name} could not be made here`),
        ...empty.filter((name) => !named.has(`TABLE DATA ${name}`) && !silent.includes(name)).map((name) => `the rows of ${name} could not be loaded here`),
        ...reworded.filter(({ what }) => !asText.some((name) => what === `TABLE ${name}`)).map(({ what }) => `${what} may be other than in the source`),
        ...asText.map((name) => `the rows of ${name} came back equal, in columns of text: the table itself could not be made`),
      ],
      mostReasons,
    ),
    notes: [...deferred.filter((line) => !isConsequence(line)), ...lost.details.filter((line) => !asText.some((name) => line.endsWith(`: TABLE ${name}`)))],
  };
}

/** Explains that the source is of another major version, whose system has other objects. */
function otherMajor({ expected, major }: ProofContext): string {
  return isSameVersion({ expected, major }) ? '' : `. The source is PostgreSQL ${expected.product.version}; this would not restore on ${major} as it is`;
}

/** Tells statements that failed for what this server lacks from those that failed for what the source holds. */
function faultOfPlace({ expected, major, unlike }: ProofContext, { missing, refused }: { missing: string[]; refused: Refused[] }): (each: Refused) => boolean {
  const isLacking = missing.length > 0 || refused.some(({ reason }) => isUnsupported(reason));
  const isOther = !isSameVersion({ expected, major });
  const isElsewhere = unlike.length > 0;
  return ({ reason }) => {
    if (isUnsupported(reason) || (isLacking && isConsequence(reason))) return true;
    if (ofContents.test(reason)) return isElsewhere && !/foreign key|unique/.test(reason);
    return isOther;
  };
}

function distinct(refused: Refused[]): Refused[] {
  return [...new Map(refused.map((each) => [`${each.object} ${each.digest}`, each])).values()];
}

/** Tries statements again without options that the server does not know. Returns those that it refuses still. */
export async function withoutOptions({ scratch, options }: Pick<ProofContext, 'scratch' | 'options'>, refused: Refused[]): Promise<Refused[]> {
  let left = refused;
  while (left.filter(({ reason }) => options.learn(reason)).length > 0) {
    const again: Refused[] = [];
    for (const each of left) {
      const statement = options.leftOutOf(each.statement);
      if (statement === each.statement) again.push(each);
      else if (statement !== undefined) {
        const { refusals } = await scratch.run(textOf([Buffer.from(statement, 'latin1').toString()]), { user: restorer, whole: false });
        if (refusals[0]) again.push({ ...each, reason: refusals[0].reason });
      }
    }
    left = again;
  }
  return left;
}

/** Lists tables that have no rows. A COPY fails as a whole: without a type's function, it loads none. */
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
    sequences: expected.sequences.filter(({ name }) => there.has(name) && !empty.includes(name)),
  };
}

/** Statements that fill what is there: rows, large objects, and values of sequences. */
const filling = /^(COPY |SELECT pg_catalog\.(setval|lo\w+)\(|BEGIN;|COMMIT;)/;
// a change of role belongs to the privileges after it
const setting = /^(SET (?!SESSION )|SELECT pg_catalog\.set_config\()/;

/** Passes everything before the first rows. */
function beforeRows(rule: Rule): Rule {
  let isOver = false;
  return (statement) => {
    isOver ||= isCopy(statement);
    return isOver ? 'drop' : rule(statement);
  };
}

/**
 * Passes the settings, and from the first rows on whatever fills tables that are `there` (names as `unquoted` gives
 * them).
 */
export function rowsIn(rule: Rule, there: ReadonlySet<string>): Rule {
  let hasBegun = false;
  return (statement) => {
    const table = copiedTable(Buffer.from(statement), (bytes) => bytes.toString());
    hasBegun ||= table !== undefined;
    if (table !== undefined) return there.has(unquoted(table)) ? 'pass' : 'drop';
    return setting.test(statement) || (hasBegun && filling.test(statement)) ? rule(statement) : 'drop';
  };
}

/** Passes the settings, and from the first rows on whatever fills nothing. */
function afterRows(rule: Rule): Rule {
  let hasBegun = false;
  return (statement) => {
    hasBegun ||= isCopy(statement);
    return setting.test(statement) || (hasBegun && !filling.test(statement)) ? rule(statement) : 'drop';
  };
}

/** Returns true for a statement that fills what is there with contents. */
export function fills(statement: string): boolean {
  return filling.test(statement);
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
