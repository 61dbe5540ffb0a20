import type { Flaw } from '../../../documents/flaw.ts';
import { copiedColumns } from '../script/plain-dump.ts';
import type { PostgresScan, PostgresScanner } from '../script/scanner.ts';
import type { Begun } from './begun.ts';
import { unquoted } from './completeness.ts';
import { contentsText, type DamagedObject, damagedObjects, flawsOfDamaged, grantsText, type WrittenParts } from './large-objects.ts';
import { copiesOf, type Readable, readableRows, refusal, unreadIn } from './readable-rows.ts';

/** Largest number of tables whose rows may stop a dump: each costs another pg_dump. */
const most = 20;

/** A table whose rows stopped a dump. `readable` is missing if the server could not say which others can be read. */
export interface StoppedTable {
  table: string;
  reason: string;
  readable?: Readable | undefined;
}

/** Everything that stopped a dump. */
export class Stops {
  readonly tables: StoppedTable[] = [];
  /** Large objects that are in the dump in part or not at all. `begun` are there up to the damage. */
  damaged: DamagedObject[] = [];
  readonly begun = new Set<string>();
}

/**
 * Yields a dump that goes on behind what the server cannot give: damaged rows and large objects, or a value that is too
 * large to be written. Keeps the rows before the error, and those behind it, which a session of our own reads. The rest
 * comes from another pg_dump of the same snapshot, which leaves out what is there and is the same up to it. The scanner
 * must have got all that was yielded.
 */
export async function* resumed(
  begun: Begun,
  { scanner, stops, parts }: { scanner: PostgresScanner; stops: Stops; parts: WrittenParts },
): AsyncGenerator<Uint8Array> {
  let blocks: AsyncIterable<Uint8Array> = begun.blocks;
  let [done, last] = [0, 0];
  /** Difference between an offset in what was yielded and the same place in what the running pg_dump writes. */
  let shift = 0;
  /** Offset at which the running pg_dump was taken up. */
  let place = 0;
  async function* yielded(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const block of source) {
      done += block.length;
      last = block.at(-1) ?? last;
      yield block;
    }
  }
  for (;;) {
    try {
      yield* yielded(blocks);
      return;
    } catch (error) {
      const stopped = begun.stopped();
      if (!stopped || !begun.again || last !== 10 || stops.tables.length >= most) throw error;
      const after = 'table' in stopped ? scanner.copied?.after : scanner.largeObjects.after;
      if (after === undefined) throw error;
      place = Math.max(place, after - shift); // what stopped it can follow at once on what stopped the one before
      yield* yielded('table' in stopped ? restOfRows(begun, stopped, { scanner, stops }) : restOfObjects(begun, stopped, { scanner, stops, parts }));
      const without = stops.tables.map(({ table }) => table);
      blocks = behind(begun.again({ tables: without, key: scanner.key, withoutLargeObjects: stops.damaged.length > 0 }), place);
      shift = done - place;
    }
  }
}

/** Oldest version that finds rows by a range of ctid without reading the whole table. */
const readsRanges = 14;

/** Yields the rows behind the one that stopped the dump, and the end of rows. */
async function* restOfRows(
  { beside, inventory }: Begun,
  { table, reason }: { table: string; reason: string },
  { scanner, stops }: { scanner: PostgresScanner; stops: Stops },
): AsyncGenerator<Uint8Array> {
  const { statement = Buffer.alloc(0), rows = 0, isOver = false } = scanner.copied ?? {};
  const columns = copiedColumns(statement).map((column) => scanner.textOf(Buffer.from(column, 'latin1')));
  const isAble = Number.parseInt((await inventory()).version, 10) >= readsRanges;
  const readable = isAble ? await readableRows(beside, table, columns, rows).catch(refusal) : undefined;
  stops.tables.push({ table, reason, readable });
  const others = readable?.ranges.length ? beside.text(copiesOf(table, columns, readable)) : undefined;
  // pg_dump has written the end of the rows, if the server has told the error
  if (isOver && !others) return;
  if (isOver) yield Buffer.concat([Buffer.from('\n'), statement, Buffer.from('\n')]);
  if (others) yield* others;
  yield Buffer.from('\\.\n\n\n');
}

/** Yields the large objects behind the one that stopped the dump, and what is granted on all of them. */
async function* restOfObjects(
  { beside }: Begun,
  { largeObject, reason }: { largeObject: string; reason: string },
  { scanner, stops, parts }: { scanner: PostgresScanner; stops: Stops; parts: WrittenParts },
): AsyncGenerator<Uint8Array> {
  const { isBegun, open, filled } = scanner.largeObjects;
  if (open !== undefined) {
    stops.begun.add(open);
    yield Buffer.from('SELECT pg_catalog.lo_close(0);\n\n');
  }
  if (isBegun) yield Buffer.from('COMMIT;\n\n');
  stops.damaged = [{ oid: largeObject, reason }];
  const done = [...filled, largeObject];
  stops.damaged.push(...(await damagedObjects(beside, done)));
  yield* beside.text([...contentsText([...done, ...stops.damaged.map(({ oid }) => oid)]), ...grantsText([], parts)]);
}

async function* behind(blocks: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const block of blocks) {
    if (left < block.length) yield block.subarray(left);
    left = Math.max(0, left - block.length);
  }
}

/** Describes what the dump lacks because it could not be read. */
export function flawsOf({ locked, spared, stops }: Begun & { stops: Stops }, { tables }: Pick<PostgresScan, 'tables'>, lacking: string[]): Flaw[] {
  const rows = new Map(tables.map((table) => [unquoted(table.name), table.rows]));
  return [
    ...stops.tables.map(({ table, reason, readable }) => ({
      what: `TABLE DATA ${table}: ${readable ? unreadIn(readable) : `only the ${rows.get(unquoted(table)) ?? 0} rows before this error are in the backup`}: ${reason}`,
      remedy: /enlarge string buffer|string buffer exceeds|invalid memory alloc/.test(reason)
        ? `a value is too large to be written as text (1 GB); find it (SELECT ctid FROM ${table} WHERE pg_column_size(…) > 250000000), and divide it or make it a large object`
        : `rows of ${table} are damaged: restore them from an older backup, or save those that can be read, one by one by their ctid, into another table; then replace it`,
    })),
    ...flawsOfDamaged(stops.damaged, stops.begun),
    ...locked.map(({ name, columns }) => ({
      what: `TABLE ${name}: another session kept it locked, and it is not in the backup`,
      remedy: `end the session, or commit or roll back the prepared transaction, that locks it (${whoLocks(name)}), and back up again. Its columns: ${columns}`,
    })),
    ...lacking.map((what) => ({
      what,
      remedy: spared?.isWhole
        ? 'pg_dump alone writes it: mend the catalogue, and back up again'
        : 'pg_dump did not write it, and gave no reason: compare the source with the dump',
    })),
  ];
}

/**
 * Asks for the sessions and prepared transactions that lock a table: the process and its query, or the name by which
 * COMMIT PREPARED and ROLLBACK PREPARED know it. Such a transaction has no process; it locks its own number, too.
 */
function whoLocks(table: string): string {
  const gid = 'SELECT gid FROM pg_prepared_xacts JOIN pg_locks AS own ON transactionid = transaction WHERE own.virtualtransaction = found.virtualtransaction';
  return `SELECT pid, query, (${gid}) FROM pg_locks AS found LEFT JOIN pg_stat_activity USING (pid) WHERE granted AND relation = '${table.replaceAll("'", "''")}'::regclass`;
}
