import { chmodSync, closeSync, copyFileSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SqliteCatalogue } from '../../../core/catalogue/sqlite/catalogue.ts';
import { ConfigurationError, StorageRefusedError } from '../../../core/errors.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { asOrdinaryUser } from '../../support/ordinary-user.ts';
import { backupOf, incidentOf } from '../../support/records.ts';

/** The file of a catalogue that holds so many backups, closed. */
async function catalogueFile(backups: number): Promise<string> {
  const file = join(temporaryFolder(), 'catalogue.sqlite3');
  using catalogue = new SqliteCatalogue(file);
  for (let day = 0; day < backups; day++) await catalogue.backups.add(backupOf(new Date(Date.UTC(2026, 0, 1 + day)).toISOString()));
  return file;
}

function opening(file: string): unknown {
  try {
    new SqliteCatalogue(file)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('the catalogue file', () => {
  it('keeps what it holds when it is opened again', async () => {
    const file = await catalogueFile(3);
    using catalogue = new SqliteCatalogue(file);
    expect((await catalogue.backups.list()).items).toHaveLength(3);
    using database = new DatabaseSync(file);
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  });

  it('that version 2 has written is read, and written on', async () => {
    const file = await catalogueFile(1);
    using database = new DatabaseSync(file);
    database.exec(`UPDATE backup SET record = json_set(record, '$.objects', json_array('a dump', 'its scan', 'a proof')); PRAGMA user_version = 2`);
    const { id } = backupOf('2026-01-01T00:00:00.000Z');
    using catalogue = new SqliteCatalogue(file);
    const expected = { id, rows: 2000, objects: { dump: 'a dump', scan: 'its scan', proofs: ['a proof'] } };
    expect(await catalogue.backups.get(id)).toMatchObject(expected);
    expect((await catalogue.backups.list()).items).toMatchObject([expected]);
    await catalogue.backups.change(id, (record) => ({ ...record, rows: 1 }));
    expect(await catalogue.backups.get(id)).toMatchObject({ ...expected, rows: 1 });
    expect(database.prepare(`SELECT record ->> '$.objects.scan' AS scan FROM backup`).get()).toEqual({ scan: 'its scan' });
  });

  it('that version 2 has written keeps the incident of the vault open, as one of no database', async () => {
    const file = await catalogueFile(1);
    using database = new DatabaseSync(file);
    const old = JSON.stringify({ ...incidentOf('2026-01-01T00:00:00Z', { kind: 'sweep-failed' }), database: 'vault' });
    database.prepare(`INSERT INTO incident (database, kind, open, record) VALUES ('vault', 'sweep-failed', 1, ?)`).run(old);
    database.exec('PRAGMA user_version = 2');
    using catalogue = new SqliteCatalogue(file);
    const [incident] = (await catalogue.incidents.list()).items;
    expect(incident).toEqual(incidentOf('2026-01-01T00:00:00Z', { kind: 'sweep-failed' }));
    await catalogue.incidents.change(undefined, 'sweep-failed', (open) => open && { ...open, endedAt: open.since });
    expect((await catalogue.incidents.list()).items).toEqual([]);
  });

  it('that a newer version has written is refused, named, and left as it was', async () => {
    const file = await catalogueFile(3);
    using database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 1000; CREATE TABLE news (id INTEGER)');
    const error = opening(file);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toMatch(/catalogue\.sqlite3.*newer version.*1000.*update/);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1000 });
    expect(database.prepare('SELECT count(*) AS rows FROM backup').get()).toEqual({ rows: 3 });
  });

  it.each([
    ['text', (file: string) => writeFileSync(file, 'this is not a database, it only has a name like one\n'.repeat(100))],
    ['a file cut in the middle', (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))],
    ['a file whose schema is destroyed', (file: string) => overwrite(file, 100, 3000)],
  ])('that is %s is refused, named, and left as it was', async (_, damage) => {
    const file = await catalogueFile(200);
    damage(file);
    const before = readFileSync(file);
    const error = opening(file);
    expect(error).toBeInstanceOf(StorageRefusedError);
    expect(String(error)).toContain(file);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('whose pages are destroyed is refused when they are needed', async () => {
    const file = await catalogueFile(200);
    overwrite(file, 4096 * 8, statSync(file).size - 4096 * 8);
    const error = await backupsIn(file).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(StorageRefusedError);
    expect(String(error)).toContain(file);
  });

  it('that is a folder is refused', () => {
    expect(opening(temporaryFolder())).toBeInstanceOf(StorageRefusedError);
  });

  it('in a folder that is not there is refused, and no folder is made', () => {
    expect(opening(join(temporaryFolder(), 'nowhere', 'catalogue.sqlite3'))).toBeInstanceOf(StorageRefusedError);
  });

  it('that may not be written is refused', async () => {
    const file = await catalogueFile(1);
    const folder = temporaryFolder();
    const copy = join(folder, 'catalogue.sqlite3');
    copyFileSync(file, copy);
    chmodSync(copy, 0o444);
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    const error = await asOrdinaryUser(async () => opening(copy));
    expect(error).toBeInstanceOf(StorageRefusedError);
    expect(String(error)).toContain(copy);
  });
});

async function backupsIn(file: string): Promise<unknown> {
  using catalogue = new SqliteCatalogue(file);
  return (await catalogue.backups.list()).items;
}

function overwrite(file: string, from: number, length: number): void {
  const opened = openSync(file, 'r+');
  writeSync(opened, Buffer.alloc(length, 0xee), 0, length, from);
  closeSync(opened);
}
