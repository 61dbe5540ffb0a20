import { describe, expect, it, onTestFinished } from 'vitest';
import { mysqlEngine } from '../../../../../core/engines/mysql/engine.ts';
import { testWork } from '../../../../support/engine-work.ts';
import type { MysqlServerName } from '../../../../support/mysql-programs.ts';
import { type MysqlAddress, mysqlQuery, startMysqlServer } from '../../../../support/mysql-server.ts';
import { newMysqlDatabase, newMysqlUser } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlSource, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

const sample = `
CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, \`élan\` DOUBLE, at TIMESTAMP NULL, upper_name VARCHAR(40) AS (UPPER(name)));
INSERT INTO person (id, name, \`élan\`, at) VALUES (1, 'Zoë 🦆', 0.1, '2026-03-29 02:30:00'), (2, 'a \\\\ b', NULL, NULL), (3, '', 1e308, '1970-01-02 00:00:00');
CREATE TABLE \`œuvre\` (id INT); INSERT INTO \`œuvre\` VALUES (1), (2), (3);
CREATE TABLE single (id INT); INSERT INTO single VALUES (1), (2), (3);
CREATE VIEW names AS SELECT name FROM person; CREATE VIEW ids AS SELECT id FROM person;
CREATE PROCEDURE p() SELECT 1; CREATE PROCEDURE q() SELECT 2;
CREATE TRIGGER a BEFORE INSERT ON single FOR EACH ROW SET @a = 1; CREATE TRIGGER b BEFORE UPDATE ON single FOR EACH ROW SET @a = 1;
/*!80030 SET sql_generate_invisible_primary_key = 1 */; CREATE TABLE keyless (id INT); INSERT INTO keyless VALUES (7)`;

/** What stands in `SET GLOBAL`, where it takes hold of every session, an administrator's too. */
const ofServer: Record<'mysql' | 'mariadb', string[]> = {
  mysql: [
    'sql_select_limit = 1',
    'sql_select_limit = 0',
    'max_join_size = 1',
    'max_execution_time = 1',
    "sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
    'group_concat_max_len = 4',
    'completion_type = 2',
    'autocommit = 0',
    'information_schema_stats_expiry = 0',
    'sql_quote_show_create = 0',
    'show_gipk_in_create_table_and_information_schema = 0',
  ],
  mariadb: [
    "sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
    'group_concat_max_len = 4',
    'max_statement_time = 0.0001',
    'completion_type = 2',
    'autocommit = 0',
    "old_mode = ''",
    'sql_quote_show_create = 0',
  ],
};
/** What an init_connect can set in the sessions of users whom it does not spare. */
const ofSessions: Record<'mysql' | 'mariadb', string[]> = {
  mysql: ['SET NAMES latin1', 'SET character_set_results = NULL', "SET time_zone = '+05:00'", 'SET sql_safe_updates = 1, sql_select_limit = 1'],
  mariadb: ["SET time_zone = '+05:00', sql_safe_updates = 1"],
};
/** What mariadb-dump has no answer to. */
const refused = ['SET sql_select_limit = 1', 'SET sql_select_limit = 0', 'SET NAMES latin1', "SET system_versioning_asof = '2001-01-01 00:00:00'"];

function readingRights({ family }: MysqlAddress, database: string): string[] {
  const others = family === 'mysql' ? ['SHOW_ROUTINE ON *.*', 'PROCESS ON *.*'] : [`SHOW CREATE ROUTINE ON ${database}.*`];
  return [`SELECT, SHOW VIEW, TRIGGER, EVENT ON ${database}.*`, ...others];
}

/** A server whose settings can be changed, with the sample in a database and a user who may only read it. */
async function prepared(name: MysqlServerName): Promise<{ server: MysqlAddress; database: string; user: MysqlAddress }> {
  const server = await startMysqlServer(name);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sample, { database });
  return { server, database, user: await newMysqlUser(server, ...readingRights(server, database)) };
}

// MariaDB 10.11 is asked by the client, and dumped by the tool, of 11.8
describe.each(['mysql-9.7', 'mariadb-11.8'] as const)('%s', { timeout: coldStart }, (name) => {
  it("a backup is whole, and proven, whatever the server's settings and its init_connect do to sessions", async () => {
    const { server, database, user } = await prepared(name);
    const { family } = server;
    const { tables, objects, mysql } = (await mysqlDumpOf(mysqlUrl(server, database))).scan;
    await using dumping = await mysqlEngine.dump(mysqlSource(mysqlUrl(user, database)), testWork());
    const signs = ['person', 'single', 'œuvre'].map((table) => expect.stringMatching(new RegExp(`^table ${table} of \\d{4}-\\d\\d-\\d\\d `)));
    const position = { timeline: 0, bytes: expect.stringMatching(/^\d{5,}$/) };
    expect(dumping.identity).toEqual(
      family === 'mysql'
        ? { mark: expect.stringMatching(`^server_uuid [0-9a-f-]{36}, database ${database}$`), position }
        : { mark: expect.stringMatching(`^server_uid \\S{28}, database ${database}$`), also: expect.arrayContaining(signs), position },
    );

    for (const setting of ofServer[family]) {
      const variable = setting.split(' ')[0];
      await mysqlQuery(server, `SET GLOBAL ${setting}`);
      const dumped = await mysqlDumpOf(mysqlUrl(server, database));
      await mysqlQuery(server, `SET GLOBAL ${variable} = DEFAULT`);
      expect(dumped.scan, setting).toMatchObject({ tables, objects, mysql: { definitions: mysql?.definitions, described: mysql?.described } });
      if (variable === 'sql_mode') expect(await mysqlProof(dumped), setting).toMatchObject({ differences: [], unproven: [] });
    }
    for (const statement of ofSessions[family]) {
      await mysqlQuery(server, `SET GLOBAL init_connect = "${statement}"`);
      expect((await mysqlDumpOf(mysqlUrl(user, database))).scan, statement).toMatchObject({ tables, objects });
    }
    const { remarks } = await mysqlEngine.examine(mysqlSource(mysqlUrl(user, database)), testWork());
    expect(remarks).toEqual([expect.stringMatching(/init_connect runs in every session of a backup, as its user/)]);
    expect((await mysqlEngine.examine(mysqlSource(mysqlUrl(server, database)), testWork())).remarks.join()).not.toContain('init_connect');
  });

  it.runIf(name.startsWith('mariadb'))('a setting under which mariadb-dump would leave something out is refused, by a check too', async () => {
    const { database, server, user } = await prepared(name);
    for (const statement of refused) {
      await mysqlQuery(server, `SET GLOBAL init_connect = "${statement}"`);
      const error = {
        name: 'SourceUnreadableError',
        message: expect.stringMatching(/would silently leave out a part.*(sql_select_limit|init_connect|system_versioning_asof)/),
      };
      await expect(mysqlDumpOf(mysqlUrl(user, database)), statement).rejects.toMatchObject(error);
      await expect(mysqlEngine.examine(mysqlSource(mysqlUrl(user, database)), testWork()), statement).rejects.toMatchObject(error);
    }
  });
});
