import { expect, it } from 'vitest';
import { type Database, parseConfig } from '../../../../core/config/config.ts';
import { serverEngines } from '../../../../core/engines/server-engines.ts';
import { readRestored } from '../../../../core/operations/keeping/read-restored.ts';
import { never } from '../../../support/never.ts';
import { testPlatform } from '../../../support/platform.ts';

const own = 'prod.c1abcd2efgh3.eu-west-3.rds.amazonaws.com';
const restored = 'awsbackup-restore-test-1.c1abcd2efgh3.eu-west-3.rds.amazonaws.com';
const text = JSON.stringify({ username: 'backup', password: 'p@ss/word', host: own, port: 5432, dbname: 'app' });

/** Has a restored instance read, and returns the database whose dump was begun. */
async function begun(connection: object, host: string): Promise<Database | undefined> {
  const { databases } = parseConfig({ databases: { main: { engine: 'postgres', connection } } }, 'the test');
  const platform = await testPlatform({ rows: 1 });
  let dumped: Database | undefined;
  const postgres: typeof serverEngines.postgres = {
    ...serverEngines.postgres,
    dump: async (database) => {
      dumped = database;
      throw new Error('far enough');
    },
  };
  const given = { ...platform, config: { ...platform.config, databases }, engines: { postgres }, reveal: async () => text };
  await expect(readRestored(given, { database: 'main', host, port: 6543 }, never)).rejects.toThrow(host === restored ? 'far enough' : 'could be anybody');
  return dumped;
}

it.each([
  ['a secret', { secret: 'prod/main' }, { url: `postgres://backup:p%40ss%2Fword@${restored}:6543/app?sslmode=verify-full&sslrootcert=rds` }],
  [
    'a token of RDS',
    { iam: { host: own, user: 'backup', database: 'app' } },
    { iam: { host: restored, port: 6543, user: 'backup', database: 'app', sslrootcert: 'rds' } },
  ],
])('a restored instance is read as the same user of the same database, by %s', async (_, connection, expected) => {
  expect(await begun(connection, restored)).toMatchObject({ connection: expected });
});

it.each(['restored.c9other9acct.eu-west-3.rds.amazonaws.com', 'c1abcd2efgh3.eu-west-3.rds.amazonaws.com', 'localhost'])(
  'no server but one of the same account and region gets the password or a token: %s',
  async (host) => {
    for (const connection of [{ secret: 'prod/main' }, { iam: { host: own, user: 'backup', database: 'app' } }])
      expect(await begun(connection, host)).toBeUndefined();
  },
);
