import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { launcher, toolsFolder } from '../support/programs.ts';
import { shell } from './command.ts';
import type { Subject } from './subject.ts';

/** Makes a SQLite file in WAL mode, of about `bytes` bytes. */
export async function sqliteSubject(bytes: number, folder: string): Promise<Subject> {
  const file = join(folder, 'source.sqlite3');
  fill(file, bytes);
  const programs = await launcher(await toolsFolder());
  const sqlite = (command: string) => shell(programs('sqlite3'), file, command);
  const stored = (copy: string) =>
    `${copy}; ${shell(programs('zstd'), '-q', '-3')} copy.sqlite3 -o copy.zst; sha256sum copy.zst > sum; rm copy.sqlite3 copy.zst`;
  const into = join(folder, 'restored.sqlite3');
  return {
    title: 'SQLite',
    database: { engine: 'sqlite', file },
    environment: {},
    lines: [
      { name: '.backup; zstd; sha256sum', line: stored(sqlite('.backup copy.sqlite3')) },
      { name: 'VACUUM INTO; zstd; sha256sum', line: stored(sqlite("VACUUM INTO 'copy.sqlite3'")) },
      { name: 'VACUUM INTO; zstd; sha256sum, while another process writes', line: stored(sqlite("VACUUM INTO 'copy.sqlite3'")), busy: true },
    ],
    writer: () => writing(file),
    target: { into, make: async () => undefined, remove: () => rm(into, { force: true }) },
    [Symbol.asyncDispose]: async () => undefined, // removed with its folder
  };
}

/** Fills a file with rows of some 200 bytes, a third of them hardly compressible, and an index. */
function fill(file: string, bytes: number): void {
  using database = new DatabaseSync(file);
  const rows = Math.ceil(bytes / 170);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE visit (id INTEGER PRIMARY KEY, name TEXT NOT NULL, path TEXT, at TEXT, spent REAL, content TEXT, bytes BLOB);
    INSERT INTO visit WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      SELECT i, 'Visitor ' || i % 50000, '/shop/' || i % 1000 || '/item/' || i * 17 % 50000, datetime(1700000000 + i, 'unixepoch'), i * 7919 % 100000 / 100.0,
        json_object('kind', 'view', 'session', hex(i * 7919 % 1000003), 'agent', 'Linux ' || i % 40), randomblob(60) FROM n;
    CREATE INDEX visit_by_name ON visit (name);
    PRAGMA wal_checkpoint(TRUNCATE);`);
}

/** Starts a process that commits a row every few milliseconds. */
async function writing(file: string): Promise<AsyncDisposable> {
  const program = `
    const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(process.argv[1], { timeout: 10000 });
    database.exec('PRAGMA synchronous = OFF');
    const touch = database.prepare('UPDATE visit SET spent = spent + 1 WHERE id = ?');
    let id = 0;
    setInterval(() => touch.run(1 + id++ % 1000), 5);
    console.log('writing');`;
  const child = spawn(process.execPath, ['-e', program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, 'close');
    },
  };
}
