import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { PlainDump } from '../../../../../core/engines/postgres/script/plain-dump.ts';
import { DumpMalformedError } from '../../../../../core/errors.ts';
import { awkwardDatabase } from '../../../../support/awkward-postgres.ts';
import { plainDump } from '../../../../support/postgres-dump.ts';
import { query } from '../../../../support/postgres-server.ts';
import { postgresServer } from '../../../../support/postgres-servers.ts';
import { coldStart } from '../../../../support/programs.ts';
import { inPieces } from '../../../../support/streams.ts';

const database = 'plain_dump_test';
let dump: Buffer;

beforeAll(async () => {
  const server = await postgresServer(18);
  await query(server, `CREATE DATABASE ${database} TEMPLATE template0`);
  await query(server, awkwardDatabase, { database });
  dump = await plainDump(server, database);
  return () => query(server, `DROP DATABASE ${database}`).then(() => undefined);
}, coldStart);

/** What a reader was told, rows put together again. */
function readIn(chunks: Buffer[]): string[] {
  const told: string[] = [];
  let rows: Buffer[] = [];
  const reader = new PlainDump({
    line: (text) => told.push(`line ${text}`),
    statement: (text) => told.push(`statement ${text}`),
    data: (piece) => rows.push(Buffer.from(piece)),
    endOfData: () => {
      told.push(`rows ${Buffer.concat(rows)}`);
      rows = [];
    },
  });
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  return told;
}

describe('a real dump reads the same', () => {
  it.each([1, 2, 3, 4, 5, 7, 64, 4096, 65_536])('in chunks of %i bytes', (size) => {
    // the reader looks again at a statement that is not whole: large rows are left out where chunks are small
    const short = size < 64 ? withoutLongLines(dump) : dump;
    expect(readIn(inPieces(short, size))).toEqual(readIn([short]));
  });

  it('in chunks of any sizes', () => {
    const whole = readIn([dump]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: dump.length }), { maxLength: 60 }), (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), dump.length];
        expect(readIn(borders.slice(1).map((border, index) => dump.subarray(borders[index], border)))).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });
});

/** Lines of more than 10,000 bytes: large values and large objects. */
function withoutLongLines(script: Buffer): Buffer {
  return Buffer.from(
    script
      .toString('latin1')
      .split('\n')
      .filter((line) => line.length < 10_000)
      .join('\n'),
    'latin1',
  );
}

it('is read into its statements, comments and rows', () => {
  const told = readIn([dump]);
  const copies = told.flatMap((each, index) => (each.startsWith('statement COPY ') ? [told[index + 1]] : []));
  expect(copies).toHaveLength(7);
  expect(copies.every((each) => each?.startsWith('rows '))).toBe(true);
  expect(told.filter((each) => each.startsWith('rows '))).toHaveLength(copies.length);
  expect(told.filter((each) => /^statement (SET|SELECT|COPY|CREATE|ALTER|COMMENT|INSERT|DELETE|BEGIN|COMMIT|END)\b/.test(each)).length).toBe(
    told.filter((each) => each.startsWith('statement ')).length,
  );
  expect(told).toContain('rows \n\n\n'); // three rows of a table without columns
  expect(told.find((each) => each.includes('FUNCTION public.quoted()') && each.startsWith('statement CREATE'))).toContain('END $');
  expect(told.find((each) => each.startsWith('statement CREATE RULE several'))).toContain('NOTIFY x');
});

const trailer = '-- PostgreSQL database dump complete';

describe('a dump that was cut short is no dump', () => {
  it('anywhere before its closing lines', () => {
    const last = dump.lastIndexOf('\n\\unrestrict ') + '\n\\unrestrict '.length + 63;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: last }), (length) => {
        expect(() => readIn([dump.subarray(0, length)])).toThrow(DumpMalformedError);
      }),
      { numRuns: 150 },
    );
    for (const length of [0, 1, dump.lastIndexOf(trailer) + trailer.length + 1, last - 1, last])
      expect(() => readIn([dump.subarray(0, length)])).toThrow('not complete');
    expect(readIn([dump.subarray(0, last + 1)])).toContain(`line ${trailer}`);
  });

  it.each<[string, string, boolean]>([
    ['that was never restricted', `SELECT 1;\n${trailer}\n`, true],
    ['that is restricted to the end', `-- x\n\\restrict Key1\nSELECT 1;\n${trailer}\n`, false],
    ['with its own key', `\\restrict Key1\n${trailer}\n\n\\unrestrict Key1\n`, true],
    ['with another key', `\\restrict Key1\n${trailer}\n\\unrestrict Key2\n`, false],
    ['with a key that is cut', `\\restrict Key1\n${trailer}\n\\unrestrict Key\n`, false],
    ['whose key comes before the closing line', `\\restrict Key1\n\\unrestrict Key1\n${trailer}\n`, false],
    ['whose key is a row', `\\restrict Key1\nCOPY t (a) FROM stdin;\n\\unrestrict Key1\n\\.\n${trailer}\n`, false],
  ])('a dump %s: %j is complete: %s', (_, text, complete) => {
    const reading = () => readIn([Buffer.from(text)]);
    if (complete) expect(reading()).toContain(`line ${trailer}`);
    else expect(reading).toThrow('not complete');
  });

  it.each([
    ['in a row', 'public.rows (id, body, bytes) FROM stdin;', 60],
    ['before the first row', 'public.rows (id, body, bytes) FROM stdin;\n', 0],
    ['in the end of data', '\n\\.\n', -1],
    ['after the end of data', '\n\\.\n', 0],
    ['in a function body', '  RETURN E', 3],
    ['in a comment', '-- Name: rows', 5],
    ['in a text that has the closing line', 'not (closed\n--\n-- PostgreSQL database dump complete\n', 0],
    ['in the text of a large object', "pg_catalog.lowrite(0, '", 30],
    ['after a statement', 'CREATE TABLE public.empty (\n    id integer\n);', 0],
  ])('%s', (_, landmark, further) => {
    const at = dump.indexOf(landmark);
    expect(at).toBeGreaterThan(0);
    expect(() => readIn([dump.subarray(0, at + landmark.length + further)])).toThrow(DumpMalformedError);
  });

  it('nor one whose rows hold the closing line', () => {
    expect(() => readIn([Buffer.from(`COPY t (a) FROM stdin;\n${trailer}\n`)])).toThrow('not complete');
    expect(() => readIn([Buffer.from(`COPY t (a) FROM stdin;\n${trailer}\n\\.\n`)])).toThrow('not complete');
  });
});

describe('after the closing line', () => {
  it.each(['DROP TABLE x;', 'SELECT 1', 'COPY t (a) FROM stdin;\n1\n\\.\n', '\0', '\\unfinished', '-- no line feed'])('%j is refused', (more) => {
    expect(() => readIn([dump, Buffer.from(more)])).toThrow(DumpMalformedError);
  });

  it('a second dump is refused', () => {
    expect(() => readIn([dump, dump])).toThrow(DumpMalformedError);
  });

  it('comments and empty lines are not', () => {
    expect(readIn([dump, Buffer.from('\n\n--\n-- x\n \n')])).toEqual([...readIn([dump]), 'line --', 'line -- x']);
  });
});

it.each(['COPY t (a) FROM stdin; \n1\n\\.\n', 'COPY t (a) FROM stdin;\r\n1\n\\.\n', 'COPY t (a) FROM stdin;SELECT 1;\n'])(
  'rows that do not begin on the next line are refused: %j',
  (text) => {
    expect(() => readIn([Buffer.from(text)])).toThrow(DumpMalformedError);
  },
);
