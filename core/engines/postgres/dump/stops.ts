import type { Flaw } from '../../../documents/flaw.ts';
import type { Stopped } from '../failures.ts';
import type { PostgresScan, PostgresScanner } from '../script/scanner.ts';
import { unquoted } from './completeness.ts';
import type { Begun } from './snapshot-dump.ts';

/** Largest number of tables whose rows may stop a dump: each costs another pg_dump. */
const most = 20;

const endOfRows = Buffer.from('\\.\n');

/**
 * Yields a dump that goes on behind tables whose rows the server cannot give: damaged ones, or a value that is too
 * large to be written. Keeps the rows before the error. The rest comes from another pg_dump of the same snapshot, which
 * leaves out the rows of that table and is the same up to it. The scanner must have got all that was yielded.
 */
export async function* withoutStops(begun: Begun, { scanner, stops }: { scanner: PostgresScanner; stops: Stopped[] }): AsyncGenerator<Uint8Array> {
  let blocks: AsyncIterable<Uint8Array> = begun.blocks;
  let [done, last] = [0, 0];
  /** Difference between an offset in what was yielded and the same place in what the running pg_dump writes. */
  let shift = 0;
  for (;;) {
    try {
      for await (const block of blocks) {
        done += block.length;
        last = block.at(-1) ?? last;
        yield block;
      }
      return;
    } catch (error) {
      const [stopped, copied] = [begun.stopped(), scanner.copied];
      if (!stopped || !copied || !begun.again || last !== 10 || stops.length >= most) throw error;
      stops.push(stopped);
      const place = copied.after - shift;
      blocks = behind(
        begun.again(
          stops.map(({ table }) => table),
          scanner.key,
        ),
        place,
      );
      // pg_dump writes the end of the rows, if the server has told the error
      const end = copied.isOver ? Buffer.alloc(0) : endOfRows;
      done += end.length;
      shift = done - place;
      yield end;
    }
  }
}

async function* behind(blocks: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const block of blocks) {
    if (left < block.length) yield block.subarray(left);
    left = Math.max(0, left - block.length);
  }
}

/** Describes what the dump lacks because it could not be read. */
export function flawsOf({ locked, stops }: Begun & { stops: Stopped[] }, { tables }: Pick<PostgresScan, 'tables'>, lacking: string[]): Flaw[] {
  const rows = new Map(tables.map((table) => [unquoted(table.name), table.rows]));
  return [
    ...stops.map(({ table, reason }) => ({
      what: `TABLE DATA ${table}: only the ${rows.get(unquoted(table)) ?? 0} rows before this error are in the backup: ${reason}`,
      remedy: /enlarge string buffer|string buffer exceeds|invalid memory alloc/.test(reason)
        ? `a value is too large to be written as text (1 GB); find it (SELECT ctid FROM ${table} WHERE pg_column_size(…) > 250000000), and divide it or make it a large object`
        : `rows of ${table} are damaged: restore them from an older backup, or save those that can be read, one by one by their ctid, into another table; then replace it`,
    })),
    ...locked.map(({ name, columns }) => ({
      what: `TABLE ${name}: another session kept it locked, and it is not in the backup`,
      remedy: `end the session that locks it (SELECT pid, query FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks WHERE relation = '${name.replaceAll("'", "''")}'::regclass)), and back up again. Its columns: ${columns}`,
    })),
    ...lacking.map((what) => ({ what, remedy: 'pg_dump did not write it, and gave no reason: compare the source with the dump' })),
  ];
}
