import type { Scan } from '../../../documents/scan.ts';
import { differencesBetween } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { RestoreFailedError, ToolFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { asExpectedButForOrder } from '../../server/reordered.ts';
import { withProgress } from '../../server/with-progress.ts';
import type { Connection } from '../connect/connection.ts';
import { compareDefinitions, type Definitions, definitionsSql, withoutReworded } from '../dump/server-definitions.ts';
import { pgDump } from '../dump/tool.ts';
import { lostFrom, SchemaText } from '../script/definitions.ts';
import { sumsOf } from '../script/row-sums.ts';
import { scanOf } from '../script/scanner.ts';
import { argumentsFor } from '../selection.ts';
import type { Target } from './target.ts';
import { isEmpty } from './target.ts';
import { isAsItWas } from './text-table.ts';

export interface RestoredPlace {
  target: Target;
  connection: Connection;
  /** Opens the dump that was restored. */
  open: () => AsyncIterable<Uint8Array>;
  /** Tables whose rows were left out, and sequences whose values were. */
  emptied: string[];
  unset: string[];
  /** Objects of the dump. */
  stored: SchemaText;
  /** Asks the target for one JSON value. */
  ask<T>(sql: string): Promise<T>;
  /** True if grants were left out. */
  withoutGrants: boolean;
}

/**
 * Dumps the new tables as the source was dumped. Throws RestoreFailedError if they differ from the scan, except in the
 * order of rows or columns; the restore can no longer be undone by then. Leaves out of the comparison what was in the
 * target before.
 */
export async function comparedWith(whole: Scan, place: RestoredPlace, work: Work): Promise<{ found: Scan; notes: string[] }> {
  const { target, connection, open, emptied, unset } = place;
  const scan = {
    ...whole,
    tables: whole.tables.filter(({ name }) => !emptied.includes(name)),
    sequences: whole.sequences.filter(({ name }) => !unset.includes(name)),
  };
  const { source } = scan;
  const args = source?.selection ? argumentsFor(source.selection) : [];
  const env = { ...connection, ...(source && { PGCLIENTENCODING: source.encoding }) };
  const redump = () => withProgress(pgDump(work, env, args, { of: 'the restored database' }), 'compare', scan.size, work);
  const schema = new SchemaText();
  const dumped = await scanOf(redump(), schema).catch((error: unknown) => {
    if (error instanceof ToolFailedError && inOtherEncoding.test(error.message)) return error;
    throw error;
  });
  if (dumped instanceof ToolFailedError) return { found: scan, notes: await comparedByCounts(scan, whole, place, dumped) };
  const all: Scan = { ...scan, ...dumped };
  const names = new Set(scan.tables.map(({ name }) => name));
  const hadLargeObjects = target.largeObjects > 0;
  const { largeObjects } = hadLargeObjects ? scan : all;
  const restored = {
    ...all,
    ...(largeObjects && { largeObjects }),
    tables: all.tables.filter(({ name }) => names.has(name) || (isEmpty(target) && !emptied.includes(name) && !isAsItWas(name))),
  };
  const found = await asExpectedButForOrder(restored, { expected: scan, open, redump, scanOf, sumsOf });
  const wrong = differencesBetween(scan, found);
  if (wrong.length > 0) throw new RestoreFailedError(`everything was restored, but it differs from the backup: ${shortened(wrong).join('; ')}`);
  const unlike = await unlikeIn(schema, whole, place);
  return { found, notes: [...unlike, ...(hadLargeObjects ? ['the large objects were not compared: the target had others before'] : [])] };
}

/** Refusal of a server to give pg_dump the name of a role that another database's author wrote. */
const inOtherEncoding = /invalid byte sequence for encoding|has no equivalent in encoding/;
/** Number of tables that are counted by one query. */
const countedAtOnce = 100;

/**
 * Compares the numbers of rows, where pg_dump does not begin in the encoding of the source. Throws RestoreFailedError
 * if they differ. Returns notes.
 */
async function comparedByCounts({ tables }: Scan, whole: Scan, place: RestoredPlace, { message }: Error): Promise<string[]> {
  const wrong: string[] = [];
  for (let at = 0; at < tables.length; at += countedAtOnce) {
    const some = tables.slice(at, at + countedAtOnce);
    // rows of partitions can stand under their root; those of a table that inherits are its own
    const counts = some.map(
      ({ name, rows }) => `coalesce(nullif((SELECT count(*) FROM ONLY ${name}), 0), (SELECT count(*) FROM ${rows > 0 ? '' : 'ONLY '}${name}))`,
    );
    const found = await place.ask<number[]>(`SELECT to_json(ARRAY[${counts.join(', ')}])`);
    wrong.push(...some.flatMap(({ name, rows }, index) => (found[index] === rows ? [] : [`table ${name} has ${found[index]} rows instead of ${rows}`])));
  }
  if (wrong.length > 0) throw new RestoreFailedError(`everything was restored, but it differs from the backup: ${shortened(wrong).join('; ')}`);
  const { changed, missing } = await unlikeDefinitions(whole, place);
  const unlike = [...missing.map((what) => `${what} is missing in the target`), ...changed.map(({ what }) => `${what} is other than in the source`)];
  return [
    `the contents were compared by the numbers of rows alone, because pg_dump cannot read the restored database as the source was read: ${message}`,
    ...shortened(unlike, mostUnlike),
  ];
}

/** Lists objects of the dump that the target lacks, and those that its server defines otherwise than the source. */
async function unlikeIn(schema: SchemaText, whole: Scan, place: RestoredPlace): Promise<string[]> {
  const { objects, details } = lostFrom(place.stored, schema, isSameVersion(whole, place));
  const missing = objects.filter((name) => !unfilled.test(name)).map((name) => `${name} is missing in the target`);
  const { changed } = await unlikeDefinitions(whole, place);
  return shortened([...missing, ...withoutReworded(changed, details).map(({ what }) => `${what} is other than in the source`)], mostUnlike);
}

/** Compares what the target's server says of its objects with what the source's said. */
async function unlikeDefinitions(whole: Scan, place: RestoredPlace): Promise<ReturnType<typeof compareDefinitions>> {
  if (!whole.source?.definitions) return { changed: [], missing: [] };
  const { GRANT = {}, ...others } = whole.source.definitions;
  const expected = place.withoutGrants ? others : { ...others, GRANT };
  return compareDefinitions(expected, await place.ask<Definitions>(definitionsSql), { isSameVersion: isSameVersion(whole, place) });
}

function isSameVersion({ product }: Scan, { target }: RestoredPlace): boolean {
  return Number.parseInt(product.version, 10) === Number.parseInt(target.version, 10);
}

const mostUnlike = 20;
/** Views that could not be filled. A warning names them already. */
const unfilled = /^MATERIALIZED VIEW DATA /;
