import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../../core/config/config.ts';
import { addressOf } from '../../../../../core/engines/postgres/connect/address.ts';
import { connectionOf } from '../../../../../core/engines/postgres/connect/connection.ts';
import { ConfigurationError } from '../../../../../core/errors.ts';

const rds = { username: 'sauvegarde', password: 'pä%ss/w?o#r:d@1 &+=', engine: 'postgres', host: 'main.example.org', port: 5433, dbname: 'a/b c?' };

/** The connection as libpq is told it, of a configured `connection` whose secret holds `text`. */
async function told(connection: object, text: string) {
  const { databases } = parseConfig({ databases: { app: { engine: 'postgres', connection } } }, 'the file');
  const database = databases.app;
  if (database?.engine !== 'postgres') throw new Error('the configuration lost its database');
  const asked: unknown[] = [];
  const address = await addressOf(database.connection, async (reference) => {
    asked.push(reference);
    return text;
  });
  return { asked, ...connectionOf(address) };
}

const secret = { secret: 'prod/main', sslrootcert: '/tmp/ca.pem' };

describe('the address in a secret', () => {
  it("is RDS's JSON, whatever characters are in it", async () => {
    expect(await told(secret, JSON.stringify(rds))).toMatchObject({
      asked: [{ secret: 'prod/main' }],
      PGHOST: rds.host,
      PGPORT: '5433',
      PGUSER: rds.username,
      PGPASSWORD: rds.password,
      PGDATABASE: rds.dbname,
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/tmp/ca.pem',
    });
  });

  it('is completed by the configuration when RDS manages it', async () => {
    const { username, password } = rds;
    const connection = { ...secret, host: 'other.example.org', port: 5434, database: 'app', sslmode: 'disable' };
    const found = await told(connection, JSON.stringify({ username, password }));
    expect(found).toMatchObject({
      PGHOST: 'other.example.org',
      PGPORT: '5434',
      PGDATABASE: 'app',
      PGUSER: username,
      PGPASSWORD: password,
      PGSSLMODE: 'disable',
    });
    expect(found).not.toHaveProperty('PGSSLROOTCERT');
  });

  it.each(['disable', 'require'])('names no authorities where none is asked (%s)', async (sslmode) => {
    const found = await told({ secret: 'prod/main', sslmode }, JSON.stringify(rds));
    expect(found).toMatchObject({ PGSSLMODE: sslmode });
    expect(found).not.toHaveProperty('PGSSLROOTCERT');
  });

  it('is what the configuration says where both say something', async () => {
    const connection = { ...secret, host: 'replica.example.org', port: 1, database: 'app' };
    expect(await told(connection, JSON.stringify(rds))).toMatchObject({ PGHOST: 'replica.example.org', PGPORT: '1', PGDATABASE: 'app' });
  });

  it.each([
    ['a port as text', { port: '6000' }, { PGPORT: '6000' }],
    ['no port', { port: undefined }, { PGPORT: '5432' }],
    ['no engine', { engine: undefined }, { PGHOST: rds.host }],
    ['a cluster of Aurora', { engine: 'aurora-postgresql', dbClusterIdentifier: 'main' }, { PGHOST: rds.host }],
    ['an IPv6 address', { host: '::1' }, { PGHOST: '::1' }],
    ['the folder of a socket', { host: '/var/run/postgresql' }, { PGHOST: '/var/run/postgresql' }],
  ])('can have %s', async (_, change, expected) => {
    expect(await told(secret, JSON.stringify({ ...rds, ...change }))).toMatchObject(expected);
  });

  it('can be a URL as text, taken as it is', async () => {
    expect(await told({ secret: 'prod/main' }, ' postgresql://me:s%40cret@db.example.org/app?sslmode=require\n')).toMatchObject({
      PGHOST: 'db.example.org',
      PGPASSWORD: 's@cret',
      PGSSLMODE: 'require',
    });
  });
});

describe('a secret that cannot be used is a ConfigurationError that names it and the key, and holds no value', () => {
  const value = 'hunter2';
  const all = { username: value, password: value, host: value, port: 5432, dbname: value };
  it.each<[what: string, text: string, key: string]>([
    ['no JSON', value, 'postgres://'],
    ['a cut JSON', `{"password": "${value}`, 'postgres://'],
    ['a list', JSON.stringify([value]), 'postgres://'],
    ['null', 'null', 'postgres://'],
    ['a text in JSON', JSON.stringify(value), 'postgres://'],
    ['the URL of another server', `mysql://me:${value}@db/app`, 'postgres://'],
    ['another engine', JSON.stringify({ ...all, engine: 'mysql' }), '"engine"'],
    ...['username', 'password', 'host', 'dbname'].flatMap((key): [string, string, string][] => [
      [`no ${key}`, JSON.stringify({ ...all, [key]: undefined }), `lacks the key "${key}"`],
      [`an empty ${key}`, JSON.stringify({ ...all, [key]: '' }), `"${key}"`],
      [`a ${key} that is an object`, JSON.stringify({ ...all, [key]: { value } }), `"${key}"`],
      [`half a character as ${key}`, `${JSON.stringify({ ...all, [key]: undefined }).slice(0, -1)},"${key}":"${value}\\ud800"}`, `"${key}"`],
    ]),
    ...[0, 65_536, 1.5, '', 'x', true, null, {}].map((port): [string, string, string] => [
      `${JSON.stringify(port)} as port`,
      JSON.stringify({ ...all, port }),
      '"port"',
    ]),
  ])('%s', async (_, text, key) => {
    const error = await told(secret, text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message, cause } = error as Error;
    expect(message).toContain('"prod/main"');
    expect(message).toContain(key);
    expect(message).not.toContain(value);
    expect(cause).toBeUndefined();
  });

  it('a URL, where the configuration names the host as well', async () => {
    const error = await told({ ...secret, host: 'other' }, `postgres://me:${value}@db/app`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).not.toContain(value);
  });
});

it('an address by IAM asks for a token for that user of that server, and checks the certificate', async () => {
  const iam = { host: 'main.abc.eu-west-3.rds.amazonaws.com', user: 'me@all', database: 'app' };
  const token = `${iam.host}:5432/?Action=connect&DBUser=me&X-Amz-Signature=0123`;
  expect(await told({ iam }, token)).toMatchObject({
    asked: [{ iam: { host: iam.host, port: 5432, user: 'me@all' } }],
    PGUSER: 'me@all',
    PGPASSWORD: token,
    PGHOST: iam.host,
    PGPORT: '5432',
    PGDATABASE: 'app',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: 'rds',
  });
});
