import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { dumpOf } from '../../../support/engine-work.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { otherProcess } from '../../../support/other-process.ts';

/** Moves amounts between two tables for ever, a transaction each; every committed state has the same sum and as many moves as its counter says. */
const mover = `import { DatabaseSync } from 'node:sqlite';
  const database = new DatabaseSync(process.argv[1], { timeout: 10_000 });
  database.exec('PRAGMA synchronous = OFF');
  let moves = 0;
  const prepared = ['UPDATE here SET amount = amount - ? WHERE id = ?', 'UPDATE there SET amount = amount + ? WHERE id = ?',
    'INSERT INTO move (amount, note) VALUES (?, randomblob(?))', 'UPDATE counter SET moves = moves + 1'].map((sql) => database.prepare(sql));
  const [take, give, note, count] = prepared;
  function step() {
    database.exec('BEGIN IMMEDIATE');
    const amount = 1 + (moves * 31) % 97;
    take.run(amount, 1 + (moves * 7) % 500);
    give.run(amount, 1 + (moves * 13) % 500);
    note.run(amount, (moves * 1009) % 600);
    count.run();
    database.exec('COMMIT');
    moves += 1;
    if (moves % 10 === 0) console.log(moves);
    setImmediate(step);
  }
  process.stdin.resume().on('end', () => process.exit());
  step();`;

function ledger(path: string, mode: 'DELETE' | 'WAL'): string {
  using database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = ${mode};
    PRAGMA synchronous = OFF;
    CREATE TABLE here (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
    CREATE TABLE filler (value BLOB);
    CREATE TABLE there (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
    CREATE TABLE move (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, note BLOB);
    CREATE INDEX move_by_amount ON move (amount);
    CREATE TABLE counter (moves INTEGER NOT NULL);
    INSERT INTO counter VALUES (0);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO here SELECT i, 1000 FROM n;
    INSERT INTO there SELECT id, 0 FROM here;
    INSERT INTO filler SELECT randomblob(9000) FROM here`);
  return path;
}

describe('a source that another process writes to all the time', () => {
  it.each(['DELETE', 'WAL'] as const)('gives a sound and consistent copy each time (%s)', async (mode) => {
    const folder = temporaryFolder();
    const file = ledger(join(folder, 'app.sqlite3'), mode);
    const writer = await otherProcess(mover, file);
    const states: number[] = [];
    for (let count = 0; count < 3; count++) {
      const { bytes, scan } = await dumpOf(file);
      const restored = join(folder, `restored-${count}`);
      writeFileSync(restored, bytes);
      const state = stateOf(restored);
      expect(state).toMatchObject({ integrity: 'ok', sum: 500_000, moves: state.counted });
      expect(scan.tables.find(({ name }) => name === 'move')?.rows).toBe(state.moves);
      states.push(state.moves);
    }
    expect([...states].sort((one, other) => one - other)).toEqual(states);
    expect(new Set(states).size).toBeGreaterThan(1); // it did write meanwhile
    await writer.end();
    expect(stateOf(file)).toMatchObject({ integrity: 'ok', sum: 500_000 });
  });
});

function stateOf(path: string): { integrity: string; sum: number; moves: number; counted: number } {
  using database = new DatabaseSync(path);
  const one = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];
  return {
    integrity: String(one('PRAGMA integrity_check')),
    sum: Number(one('SELECT (SELECT sum(amount) FROM here) + (SELECT sum(amount) FROM there)')),
    moves: Number(one('SELECT count(*) FROM move')),
    counted: Number(one('SELECT moves FROM counter')),
  };
}
