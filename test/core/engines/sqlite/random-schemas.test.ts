import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copy } from '../../../../core/engines/sqlite/copy.ts';
import { inspect } from '../../../../core/engines/sqlite/inspection.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { scannedRows, selectedRows } from '../../../support/row-counts.ts';

const value = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.uint8Array({ maxLength: 100 }),
  fc.integer({ min: 0, max: 9000 }).map((size) => new Uint8Array(size).fill(size)),
);
const table = fc.record({
  withoutRowid: fc.boolean(),
  columns: fc.integer({ min: 1, max: 6 }),
  indexed: fc.boolean(),
  rows: fc.array(fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.array(value, { minLength: 6, maxLength: 6 })), { maxLength: 60 }),
  copies: fc.integer({ min: 1, max: 40 }),
  deleted: fc.integer({ min: 0, max: 4 }),
});
const schema = fc.record({
  pageSize: fc.constantFrom(512, 1024, 4096, 65536),
  vacuum: fc.constantFrom('NONE', 'FULL', 'INCREMENTAL'),
  encoding: fc.constantFrom('UTF-8', 'UTF-16le', 'UTF-16be'),
  tables: fc.array(table, { minLength: 1, maxLength: 4 }),
});
type Schema = typeof schema extends fc.Arbitrary<infer T> ? T : never;

function write(path: string, { pageSize, vacuum, encoding, tables }: Schema): void {
  using database = new DatabaseSync(path);
  database.exec(
    `PRAGMA page_size = ${pageSize}; PRAGMA auto_vacuum = ${vacuum}; PRAGMA encoding = '${encoding}'; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN`,
  );
  for (const [n, { withoutRowid, columns, indexed, rows, copies, deleted }] of tables.entries()) {
    const names = Array.from({ length: columns }, (_, column) => `c${column}`);
    database.exec(`CREATE TABLE t${n} (${['key INTEGER PRIMARY KEY', ...names].join(', ')})${withoutRowid ? ' WITHOUT ROWID' : ''}`);
    if (indexed) database.exec(`CREATE INDEX i${n} ON t${n} (c0)`);
    const insert = database.prepare(`INSERT OR REPLACE INTO t${n} VALUES (${['?', ...names.map(() => '?')].join(', ')})`);
    for (let time = 0; time < copies; time++)
      for (const [key, values] of rows) insert.run(BigInt.asIntN(64, key + BigInt(time) * 12_345n), ...values.slice(0, columns));
    if (deleted > 0) database.exec(`DELETE FROM t${n} WHERE key % 5 < ${deleted}`);
  }
  database.exec('COMMIT');
}

it('the scan of any database has the rows that SELECT finds, and is the same for its copy', async () => {
  const folder = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(schema, async (any) => {
      const [path, target] = [join(folder, 'any.sqlite3'), join(folder, 'copy.sqlite3')];
      for (const old of [path, target]) rmSync(old, { force: true });
      write(path, any);
      expect(scannedRows(path)).toEqual(selectedRows(path));
      await copy(path, target);
      const { scan, damage, flaws, unchecked } = inspect(target, 'full');
      expect([...damage, ...flaws, ...unchecked]).toEqual([]);
      expect(scan.tables).toEqual(inspect(path, 'quick').scan.tables);
    }),
    { numRuns: 60 },
  );
});
