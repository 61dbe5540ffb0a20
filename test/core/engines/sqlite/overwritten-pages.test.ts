import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { inspect } from '../../../../core/engines/sqlite/inspection.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const pageSize = 512;

/** Makes a file of one table, and returns the pages of its leaves in order. */
function tableOf(definition: string, keyOf: (row: number) => string): { file: string; leaves: number[] } {
  const file = join(temporaryFolder(), 'app.sqlite3');
  using database = new DatabaseSync(file);
  database.exec(`PRAGMA page_size = ${pageSize}; CREATE TABLE t ${definition}`);
  for (let row = 0; row < 200; row++) database.exec(`INSERT INTO t VALUES (${keyOf(row)}, 'text of row ${row}')`);
  const leaves = database.prepare("SELECT pageno FROM dbstat WHERE name = 't' AND pagetype = 'leaf' ORDER BY path").all();
  return { file, leaves: leaves.map(({ pageno }) => Number(pageno)) };
}

function overwrite(file: string, page: number, by: number): void {
  const bytes = readFileSync(file);
  const opened = openSync(file, 'r+');
  writeSync(opened, bytes.subarray((by - 1) * pageSize, by * pageSize), 0, pageSize, (page - 1) * pageSize);
  closeSync(opened);
}

/** Inspects the file; the reasons why its rows cannot be trusted. */
function damageOf(file: string): string[] {
  try {
    return inspect(file, 'full').damage;
  } catch (error) {
    return [(error as Error).message];
  }
}

it.each([
  ['small rowids', '(id INTEGER PRIMARY KEY, text)', (row: number) => String(row)],
  ['rowids of 64 bits and of both signs', '(id INTEGER PRIMARY KEY, text)', (row: number) => String((BigInt(row) - 100n) * 92_233_720_368_547_758n)],
  [
    'keys of another collation, without rowids',
    '(id TEXT COLLATE NOCASE PRIMARY KEY, text) WITHOUT ROWID',
    (row: number) => `'${String(row).padStart(4, '0')}'`,
  ],
  ['text for keys, without rowids', '(id TEXT PRIMARY KEY, text) WITHOUT ROWID', (row: number) => `'${String(row).padStart(4, '0')}'`],
])('a page that another page of its table has overwritten is damage, not a flaw: %s', (_, definition, keyOf) => {
  for (const [from, to] of [
    [0, 1],
    [1, 0],
    [3, 7],
  ] as const) {
    const { file, leaves } = tableOf(definition, keyOf);
    expect(damageOf(file)).toEqual([]);
    overwrite(file, leaves[to] ?? 0, leaves[from] ?? 0);
    expect(damageOf(file)).not.toEqual([]);
  }
});
