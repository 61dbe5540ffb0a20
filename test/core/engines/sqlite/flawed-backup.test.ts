import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { restore } from '../../../../core/operations/orders/restore.ts';
import { show } from '../../../../core/operations/orders/show.ts';
import { verify } from '../../../../core/operations/orders/verify.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { mailsOf } from '../../../support/mail.ts';
import { request, testPlatform } from '../../../support/platform.ts';

const never = new AbortController().signal;
const flaw = 'full-text index find does not agree with its text';

it.each(['every', 'off'] as const)('a database with a stale full-text index is backed up, told, verified and restored as it was (proof: %s)', async (proof) => {
  const folder = temporaryFolder();
  const platform = await testPlatform({ folder, config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', proof } } } });
  const source = join(folder, 'app.sqlite3');
  {
    using database = new DatabaseSync(source);
    database.exec(`CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO doc VALUES (1, 'one two'), (2, 'three');
      CREATE VIRTUAL TABLE find USING fts4(body, content=doc); INSERT INTO find (find) VALUES ('rebuild'); UPDATE doc SET body = 'other' WHERE id = 1`);
  }

  const { name } = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);

  expect(await platform.catalogue.backups.get(name)).toMatchObject({ status: 'published', proof: { verdict: 'flawed' } });
  expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-flawed', last: { error: { message: `${name}: ${flaw}` } } }]);
  expect(mailsOf(platform)).toEqual([expect.stringContaining(flaw)]);
  const { files } = await show(platform, { backup: 'main' });
  expect(files?.proof?.flaws ?? files?.scan?.flaws).toMatchObject([{ what: flaw, remedy: expect.stringContaining("VALUES ('rebuild')"), comesBack: true }]);
  expect(await verify(platform, { backup: name, by: 'test' }, never)).toMatchObject({ verdict: 'flawed', differences: [], flaws: [{ what: flaw }] });

  const into = join(folder, 'restored.sqlite3');
  const restored = await restore(platform, { backup: 'main', into, force: false, by: 'test' }, never);
  expect(restored.notes).toEqual([`as in the source: ${flaw}`]);
  using database = new DatabaseSync(into);
  expect(database.prepare('SELECT body FROM doc ORDER BY id').all()).toEqual([{ body: 'other' }, { body: 'three' }]);
  expect(readdirSync(folder).filter((file) => file.includes('restoring'))).toEqual([]);
  expect(readdirSync(platform.scratch)).toEqual([]);

  database.exec("INSERT INTO find (find) VALUES ('rebuild')");
  {
    using mended = new DatabaseSync(source);
    mended.exec("INSERT INTO find (find) VALUES ('rebuild')");
  }
  if (proof === 'off') return; // no proof says that the source was mended
  platform.clock.set('2026-11-23T02:00:00Z');
  await runBackup(platform, request('2026-11-23T02:00:00Z'), never);
  expect((await platform.catalogue.incidents.list()).items).toEqual([]);
});

it('a restored file has everything that the header and the indexes of the source hold', async () => {
  const folder = temporaryFolder();
  const platform = await testPlatform({ folder });
  const source = join(folder, 'app.sqlite3');
  const settings = ['user_version', 'application_id', 'page_size', 'encoding', 'auto_vacuum', 'journal_mode', 'freelist_count', 'page_count'];
  {
    using database = new DatabaseSync(source);
    database.exec(`PRAGMA page_size = 8192; PRAGMA encoding = 'UTF-16le'; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA user_version = 7; PRAGMA application_id = 99;
      CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, r REAL, b BLOB, j TEXT); CREATE INDEX by_r ON t (r DESC) WHERE r > 0;
      INSERT INTO t (r, b, j) VALUES (0.1, x'00ff', '{"a": 1.10}'), (9e999, zeroblob(9000), char(0) || 'x'), (-0.0, NULL, '');
      DELETE FROM t WHERE id = 3; CREATE TABLE gone (a); INSERT INTO gone VALUES (zeroblob(90000)); DROP TABLE gone; ANALYZE; PRAGMA journal_mode = WAL`);
  }
  const { name } = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
  expect(await platform.catalogue.backups.get(name)).toMatchObject({ proof: { verdict: 'proven' } });
  const into = join(folder, 'restored.sqlite3');
  await restore(platform, { backup: 'main', into, force: false, by: 'test' }, never);
  const said = (path: string) => {
    using database = new DatabaseSync(path);
    const rows = (sql: string) => database.prepare(sql).all();
    return [
      ...settings.map((setting) => rows(`PRAGMA ${setting}`)),
      rows('SELECT * FROM sqlite_schema'),
      rows('SELECT * FROM sqlite_sequence'),
      rows('SELECT * FROM sqlite_stat1'),
      rows('SELECT id, typeof(r), r, hex(b), hex(j) FROM t'),
      rows('SELECT id FROM t INDEXED BY by_r WHERE r > 0 ORDER BY r'),
    ];
  };
  expect(said(into)).toEqual(said(source));
  // the header's counters of changes, of schema changes, and the version that wrote last are the copy's own
  const [one, other] = [readFileSync(source), readFileSync(into)];
  for (const bytes of [one, other])
    for (const [from, to] of [
      [24, 28],
      [40, 44],
      [92, 100],
    ] as const)
      bytes.fill(0, from, to);
  expect(other.equals(one)).toBe(true);
  expect(existsSync(`${into}-wal`)).toBe(false);
});
