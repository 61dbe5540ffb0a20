import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RowReader, Rows, type Separator } from '../../../../../core/engines/mysql/script/count-rows.ts';
import { StrictRows } from '../../../../../core/engines/mysql/script/strict-rows.ts';
import { DumpMalformedError } from '../../../../../core/errors.ts';
import { escaped } from '../../../../support/mysql-dump-text.ts';
import { inPieces } from '../../../../support/streams.ts';

const readers = { counting: Rows, strict: StrictRows };
const separators: Separator[] = [',', ',\n'];
const after = ';\nUNLOCK TABLES;';

/** How many rows a reader counts, and how many bytes it leaves. */
function read(reader: RowReader, pieces: Buffer[]): { rows: number; left: number } {
  let left = 0;
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && !reader.ended) at = reader.read(piece, at);
    left += piece.length - at;
  }
  return { rows: reader.rows, left };
}

/** Latin1 with more of what is special than chance would give. */
const text = fc.array(
  fc.oneof(fc.constantFrom("'", '\\', ')', '(', ',', ';', '\n', '"', '),(', '),\n(', ');\n', "''", "\\'", '\0', '--', '/*!'), fc.string()),
  { maxLength: 12 },
);
const value = fc.oneof(
  text.map((parts) => escaped(parts.join(''))),
  text.map((parts) => `_binary ${escaped(parts.join(''))}`),
  text.map((parts) => `'${parts.join('').replaceAll('\\', '').replaceAll("'", "''")}'`),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex').toUpperCase()}`),
  fc.integer().map(String),
  fc.constantFrom('NULL', "b'1'", "b''", '0', '-0.5', '1.5e+300', "''"),
);
const tuples = fc.array(
  fc.array(value, { maxLength: 6 }).map((values) => `(${values.join(',')})`),
  { minLength: 1, maxLength: 12 },
);

describe.each(Object.entries(readers))('the %s reader', (_, Reader) => {
  it.each(separators)('counts random rows separated by %j, in pieces of any size and place in memory', (separator) => {
    fc.assert(
      fc.property(tuples, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 7 }), (rows, size, offset) => {
        const bytes = Buffer.from(`${' '.repeat(offset)}${rows.join(separator)}${after}`, 'latin1').subarray(offset);
        expect(read(new Reader(separator), inPieces(bytes, size))).toEqual({ rows: rows.length, left: after.length });
        expect(read(new Reader(separator), [bytes])).toEqual({ rows: rows.length, left: after.length });
      }),
      { numRuns: 1000 },
    );
  });

  it.each(separators)('counts rows with backslashes of every number before quotes, cut anywhere, with %j', (separator) => {
    const values = Array.from({ length: 12 }, (_, count) => `('${'\\\\'.repeat(count)}',')${'x'.repeat(count)}\\')')`);
    const bytes = Buffer.from(`${values.join(separator)}${after}`);
    for (let cut = 0; cut <= bytes.length - after.length; cut++) {
      expect(read(new Reader(separator), [bytes.subarray(0, cut), Buffer.from(bytes.subarray(cut))])).toEqual({ rows: 12, left: after.length });
    }
  });

  it.each([
    ['mysqldump', ',', '(1),\n(2);'],
    ['mariadb-dump', ',\n', '(1),(2);'],
    ['both', ',', '(1) ,(2);'],
    ['both', ',', '(1)(2);'],
    ['both', ',', ',(1);'],
    ['both', ',', '1;'],
    ['both', ',', ';'],
    ['both', ',', '(1),;'],
    ['both', ',', "('a')')');"],
  ] as [string, Separator, string][])('of %s refuses rows that are otherwise separated: %j %j', (_, separator, rows) => {
    for (const size of [1, 2, 3, 100]) expect(() => read(new Reader(separator), inPieces(Buffer.from(rows), size))).toThrow(DumpMalformedError);
  });
});

it.each([
  '(system)',
  '(1,LOAD_FILE(0x41))',
  '("a")',
  '(`a`)',
  '(1 , 2)',
  '(1,\\!)',
  '(/* x */1)',
  '(1,-- x\n2)',
  '(NULLS)',
  '(NUL)',
  '(N)',
  "(b'2')",
  '(b1)',
  "('a' 'b')",
  "(_binary'a')",
  "(_bin\\! 'a')",
  '(0xFG)',
  '(@@version)',
  '(#)',
])('the strict reader refuses %s, which no tool writes', (row) => {
  for (const size of [1, 100]) expect(() => read(new StrictRows(','), inPieces(Buffer.from(`(1),${row};`), size))).toThrow(DumpMalformedError);
});

it('the strict reader stops after each row', () => {
  const bytes = Buffer.from("(1),('),('),(0x);");
  const reader = new StrictRows(',');
  const stops = [];
  for (let at = 0; !reader.ended; stops.push(at)) at = reader.read(bytes, at);
  expect(stops).toEqual([3, 11, 16, 16]);
});
