import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sumsOf } from '../../../../../core/engines/postgres/script/row-sums.ts';
import { DumpMalformedError } from '../../../../../core/errors.ts';
import { inPieces, streamOf } from '../../../../support/streams.ts';

const trailer = '--\n-- PostgreSQL database dump complete\n--\n';
const copy = (table: string, rows: string[]) => `COPY ${table} (a) FROM stdin;\n${rows.map((row) => `${row}\n`).join('')}\\.\n\n`;
const sumOf = async (rows: string[], chunk = 1 << 20) => (await sumsOf(streamOf(inPieces(Buffer.from(`${copy('t', rows)}${trailer}`), chunk)), ['t'])).get('t');

/** Rows as COPY writes them: no line feed, and a backslash only before another letter. */
const rows = fc.array(
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll(/[\n\\]/g, '')),
  { minLength: 1, maxLength: 30 },
);

it('is the sum of the hashes of the rows modulo 2^256, however the dump is cut', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 50 }), async (any, chunk) => {
      const hashes = any.map((row) => BigInt(`0x${createHash('sha256').update(`${row}\n`).digest('hex')}`));
      expect(await sumOf(any, chunk)).toBe((hashes.reduce((sum, hash) => sum + hash) % 2n ** 256n).toString(16));
    }),
    { numRuns: 60 },
  );
});

it('is the same in any order and another when a bit of a row changes', async () => {
  const shuffled = rows.chain((any) => fc.tuple(fc.constant(any), fc.shuffledSubarray(any, { minLength: any.length }), fc.nat(any.length - 1)));
  await fc.assert(
    fc.asyncProperty(shuffled, async ([any, other, changed]) => {
      const sum = await sumOf(any);
      expect(await sumOf(other)).toBe(sum);
      const flipped = any.map((row, index) =>
        index === changed ? `${row.slice(0, -1)}${String.fromCharCode((row || '!').charCodeAt(Math.max(0, row.length - 1)) ^ 1)}` : row,
      );
      expect(await sumOf(flipped.map((row) => row.replaceAll(/[\n\\]/g, '?')))).not.toBe(sum);
    }),
    { numRuns: 60 },
  );
});

it.each([
  ['a row twice', ['a', 'a', 'b']],
  ['a row less', ['a']],
  ['two rows as one', ['ab']],
  ['one row as two', ['a', '', 'b']],
  ['a row moved into another', ['', 'ab']],
])('%s is another sum', async (_, other) => {
  expect(await sumOf(other)).not.toBe(await sumOf(['a', 'b']));
});

it('takes only the tables that are asked for, all their blocks together', async () => {
  const dump = `${copy('t', ['1', '2'])}${copy('other', ['1', '2', '3'])}${copy('t', ['3'])}${copy('empty', [])}${trailer}`;
  const sums = await sumsOf(streamOf([dump]), ['t', 'empty', 'absent']);
  expect([...sums]).toEqual([['t', await sumOf(['3', '2', '1'])]]);
});

it('refuses a dump that was cut short', async () => {
  await expect(sumsOf(streamOf([copy('t', ['1'])]), ['t'])).rejects.toThrow(DumpMalformedError);
});
