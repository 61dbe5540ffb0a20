import { expect, it } from 'vitest';
import { mysqlEngine } from '../../../../core/engines/mysql/engine.ts';
import { piece, testWork } from '../../../support/engine-work.ts';
import { mysqlQuery } from '../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../support/mysql-work.ts';
import { coldStart } from '../../../support/programs.ts';

const odd = ['-Fp', '--all-databases', `a=b 'c' "d"`, 'back`quote``', 'two\nlines', '../up', '.', 'été 漢', 'x'.repeat(64), 'per%cent_?#\\', '-- no', '/* no'];

/** Kinds that only this server has, or that the database with everything lacks. */
const types = `CREATE TABLE modern (id INT PRIMARY KEY, near VECTOR(3) NOT NULL, address INET4, VECTOR INDEX (near));
  INSERT INTO modern VALUES (1, VEC_FromText('[1, 2.5, -3]'), '192.0.2.1'), (2, VEC_FromText('[0, 0, 1e-30]'), NULL)`;

it.each(['mysql-9.7', 'mariadb-11.8'] as const)(
  'on %s tables and columns named like options, paths and SQL are dumped, proven and restored; so is a database without tables',
  {
    timeout: coldStart,
  },
  async (name) => {
    const server = await mysqlServer(name);
    const [source, target, empty, void_] = [
      await newMysqlDatabase(server),
      await newMysqlDatabase(server),
      await newMysqlDatabase(server),
      await newMysqlDatabase(server),
    ];
    const quoted = odd.map((each) => `\`${each.replaceAll('`', '``')}\``);
    const tables = quoted.map((each, index) => `CREATE TABLE ${each} (${each} INT, other INT); INSERT INTO ${each} VALUES (${index}, 2)`);
    await mysqlQuery(server, [...tables, ...(name === 'mariadb-11.8' ? [types] : [])].join('; '), { database: source, options: ['--binary-mode'] });
    const restore = (dumped: Awaited<ReturnType<typeof mysqlDumpOf>>, into: string) =>
      mysqlEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: mysqlUrl(server, into), force: false, now: new Date() }, testWork());

    const dumped = await mysqlDumpOf(mysqlUrl(server, source));
    const of = dumped.scan.tables.filter((table) => table.name !== 'modern');
    expect(new Set(of.map((table) => table.name))).toEqual(new Set(odd));
    expect(of.every(({ rows }) => rows === 1)).toBe(true);
    expect(await mysqlProof(dumped)).toMatchObject({ differences: [], unproven: [] });
    expect(await restore(dumped, target)).toMatchObject({ tables: dumped.scan.tables.length });
    const values = quoted.map((each) => `SELECT ${each} FROM ${each}`).join('; ');
    expect(await mysqlQuery(server, values, { database: target, options: ['--binary-mode'] })).toBe(odd.map((_, index) => index).join('\n'));

    const nothing = await mysqlDumpOf(mysqlUrl(server, empty));
    expect(nothing.scan).toMatchObject({ tables: [], objects: {} });
    expect(await mysqlProof(nothing)).toMatchObject({ differences: [], unproven: [] });
    expect(await restore(nothing, void_)).toMatchObject({ tables: 0, rows: 0 });
  },
);
