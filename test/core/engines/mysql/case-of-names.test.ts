import { expect, it } from 'vitest';
import type { RestoreTarget } from '../../../../core/engines/engine.ts';
import { mysqlEngine } from '../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../support/engine-work.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlUrl } from '../../../support/mysql-work.ts';
import type { Dumped } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

/** Names that only such a server finds: one table by three spellings. */
const sample = `CREATE DATABASE Shop; USE shop; CREATE TABLE Person (Id INT PRIMARY KEY, Name VARCHAR(9)); INSERT INTO PERSON VALUES (1, 'Ada');
  CREATE TABLE Visit (Person INT, FOREIGN KEY (Person) REFERENCES Person (Id)); INSERT INTO visit VALUES (1); CREATE VIEW People AS SELECT p.Name FROM PERSON p; CREATE DATABASE Back`;

const restored = ({ bytes, scan }: Dumped, server: MysqlAddress, database: string, choices: Partial<RestoreTarget> = {}) =>
  mysqlEngine.restore(() => piece(bytes), scan, { into: mysqlUrl(server, database), force: false, now: new Date(), ...choices }, testWork());

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'a database of %s with lower_case_table_names=1 is restored into a server like it and into one that tells cases apart; and the other way, if no two tables become one',
  { timeout: coldStart },
  async (name) => {
    const apart = await mysqlServer(name);
    await using alike = await startMysqlServer(name, { lasting: { 'lower-case-table-names': '1' } });
    await mysqlQuery(alike, sample);
    const dumped = await mysqlDumpOf(mysqlUrl(alike, 'Shop'));
    expect(dumped.scan).toMatchObject({ tables: [{ name: 'person' }, { name: 'visit' }], mysql: { lowerCaseTableNames: 1 } });
    expect(await restored(dumped, alike, 'back')).toMatchObject({ tables: 2, rows: 2 });
    expect(await mysqlQuery(alike, 'SELECT * FROM PEOPLE', { database: 'back' })).toBe('Ada');
    const copy = await newMysqlDatabase(apart);
    expect(await restored(dumped, apart, copy)).toMatchObject({ tables: 2, rows: 2 });
    expect(await mysqlQuery(apart, 'SELECT * FROM people', { database: copy })).toBe('Ada');

    const source = await newMysqlDatabase(apart);
    await mysqlQuery(apart, 'CREATE TABLE Person (Id INT); INSERT INTO Person VALUES (1)', { database: source });
    await mysqlQuery(alike, 'CREATE DATABASE other; CREATE TABLE other.mine (a INT)');
    const mixed = await mysqlDumpOf(mysqlUrl(apart, source));
    expect(await restored(mixed, alike, 'other', { force: true })).toMatchObject({ tables: 1, rows: 1 });
    const words = (text: string) => ({ name: 'RefusedError', message: expect.stringContaining(text) });
    await expect(restored(mixed, alike, 'other', { force: true })).rejects.toMatchObject(words('already: Person'));
    await mysqlQuery(apart, 'CREATE TABLE person (Id INT)', { database: source });
    const two = await mysqlDumpOf(mysqlUrl(apart, source));
    await expect(restored(two, alike, 'other', { force: true })).rejects.toMatchObject(words('so these would be one table: Person and person'));

    if (name === 'mysql-9.7') return;
    // MariaDB dumps a trigger as it was written
    await mysqlQuery(alike, 'CREATE TRIGGER Loud BEFORE INSERT ON PERSON FOR EACH ROW SET NEW.Name = UPPER(NEW.Name)', { database: 'shop' });
    const loud = await mysqlDumpOf(mysqlUrl(alike, 'shop'));
    await expect(restored(loud, apart, await newMysqlDatabase(apart))).rejects.toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringMatching(/1146.* restore into one with lower_case_table_names = 1/),
    });
  },
);
