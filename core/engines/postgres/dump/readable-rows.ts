import { randomBytes } from 'node:crypto';
import { ToolFailedError } from '../../../errors.ts';
import { counted } from '../../../figures.ts';
import { literal } from '../sql-text.ts';
import type { Beside } from './beside.ts';

/** Rows of a table that can be read behind one that stopped its dump. */
export interface Readable {
  /** Ranges of ctid, from a row up to, not including, another. */
  ranges: [string, string][];
  /** Number of rows that cannot be read, at least, and of whole pages. */
  rows: number;
  pages: number;
  /** Places of the first of them, for people. */
  places: string[];
}

/** Largest number of rows of a page of 8 KiB. */
const mostInPage = 291;
/** Number of pages that are read at once where nothing is damaged. */
const pagesAtOnce = 64;
const mostPlaces = 5;

/**
 * Finds the rows behind the first `done` that can be written, in the order in which a COPY reads them. Reads page by
 * page, and where a page does not give all its rows, row by row, on the server. Calls only output functions of types,
 * which COPY calls too. Throws if the server cannot say.
 */
export function readableRows(beside: Beside, table: string, columns: readonly string[], done: number): Promise<Readable> {
  // not a cast to text, which somebody could have made a function of their own for
  const written = `pg_catalog.octet_length(pg_catalog.format('%s', ROW(${columns.join(', ')})))`;
  const within = 'WHERE ctid >= $1 AND ctid < $2';
  const from = `FROM ONLY ${table}`;
  const tag = `$g${randomBytes(12).toString('hex')}$`; // no name of a column can end it
  return beside.found<Readable>(`DO ${tag}
DECLARE
  pages bigint := pg_relation_size(${literal(table)}::regclass) / current_setting('block_size')::int;
  most int := ${mostInPage} * current_setting('block_size')::int / 8192;
  page bigint := 0; step int; counted bigint; seen bigint := 0; place tid; opened text; isGood boolean;
  ranges jsonb := '[]'; places jsonb := '[]'; badRows bigint := 0; badPages bigint := 0;
BEGIN
  WHILE page < pages LOOP
    step := least(${pagesAtOnce}, pages - page);
    LOOP
      isGood := true;
      BEGIN
        EXECUTE ${literal(`SELECT count(${written}) ${from} ${within}`)} INTO counted USING format('(%s,0)', page)::tid, format('(%s,0)', page + step)::tid;
      EXCEPTION WHEN OTHERS THEN isGood := false;
      END;
      EXIT WHEN isGood OR step = 1;
      step := 1;
    END LOOP;
    IF isGood THEN
      IF opened IS NULL AND seen + counted > ${done} THEN
        EXECUTE ${literal(`SELECT ctid ${from} ${within} OFFSET $3 LIMIT 1`)} INTO place USING format('(%s,0)', page)::tid, format('(%s,0)', page + step)::tid, greatest(${done} - seen, 0);
        opened := place::text;
      END IF;
      seen := seen + counted;
    ELSE
      BEGIN
        EXECUTE ${literal(`SELECT count(*) ${from} ${within}`)} INTO counted USING format('(%s,0)', page)::tid, format('(%s,0)', page + 1)::tid;
        FOR item IN 1..most LOOP
          BEGIN
            place := format('(%s,%s)', page, item)::tid;
            EXECUTE ${literal(`SELECT count(${written}) ${from} WHERE ctid = $1`)} INTO counted USING place;
            seen := seen + counted;
            IF counted > 0 AND opened IS NULL AND seen > ${done} THEN opened := place::text; END IF;
          EXCEPTION WHEN OTHERS THEN
            badRows := badRows + 1;
            IF jsonb_array_length(places) < ${mostPlaces} THEN places := places || to_jsonb(place::text); END IF;
            IF opened IS NOT NULL THEN ranges := ranges || jsonb_build_array(jsonb_build_array(opened, place::text)); END IF;
            opened := NULL;
          END;
        END LOOP;
      EXCEPTION WHEN OTHERS THEN
        badPages := badPages + 1;
        IF jsonb_array_length(places) < ${mostPlaces} THEN places := places || to_jsonb(format('page %s', page)); END IF;
        IF opened IS NOT NULL THEN ranges := ranges || jsonb_build_array(jsonb_build_array(opened, format('(%s,0)', page))); END IF;
        opened := NULL;
      END;
    END IF;
    page := page + step;
  END LOOP;
  IF opened IS NOT NULL THEN ranges := ranges || jsonb_build_array(jsonb_build_array(opened, format('(%s,0)', pages))); END IF;
  PERFORM set_config('sauvegarde.found', jsonb_build_object('ranges', ranges, 'rows', badRows, 'pages', badPages, 'places', places)::text, true);
END ${tag}`);
}

/** Returns undefined for a server that cannot say. Throws what a repeat may mend. */
export function refusal(error: unknown): undefined {
  if (!(error instanceof ToolFailedError)) throw error;
}

/** Writes the COPYs that give those rows. */
export function copiesOf(table: string, columns: readonly string[], { ranges }: Pick<Readable, 'ranges'>): string[] {
  return ranges.map(
    ([from, to]) => `COPY (SELECT ${columns.join(', ')} FROM ONLY ${table} WHERE ctid >= ${literal(from)} AND ctid < ${literal(to)}) TO STDOUT`,
  );
}

/** Names what could not be read of a table: `1 row (ctid (0,3)) is not in the backup`. */
export function unreadIn({ rows, pages, places }: Readable): string {
  const what = [...(rows > 0 ? [counted(rows, 'row')] : []), ...(pages > 0 ? [`the rows of ${counted(pages, 'page')}`] : [])].join(' and ');
  const where = `${places.join(', ')}${rows + pages > places.length ? ' and more' : ''}`;
  return `${what || 'a row'} cannot be read (ctid ${where}), and all others are in the backup`;
}
