import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressForPeople, connectionOf } from '../../../../../core/engines/postgres/connect/connection.ts';
import { ConfigurationError } from '../../../../../core/errors.ts';
import { ranBy } from '../../../../support/postgres-dump.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { coldStart } from '../../../../support/programs.ts';

const escaped = encodeURIComponent;
const timeout = { PGCONNECT_TIMEOUT: '20' };

describe('an address', () => {
  it.each<[string, Record<string, string>]>([
    ['postgres://u:p@h:5433/d', { PGHOST: 'h', PGPORT: '5433', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'd' }],
    ['postgresql://h/d', { PGHOST: 'h', PGDATABASE: 'd' }],
    ['postgres:///d', { PGDATABASE: 'd' }],
    ['postgres://Case.Example/D', { PGHOST: 'Case.Example', PGDATABASE: 'D' }],
    ['postgres://u@[::1]:5432/d', { PGHOST: '::1', PGPORT: '5432', PGUSER: 'u', PGDATABASE: 'd' }],
    ['postgres://[2001:db8::7]/d', { PGHOST: '2001:db8::7', PGDATABASE: 'd' }],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/d', { PGHOST: '/var/run/postgresql', PGDATABASE: 'd' }],
    ['postgres:///d?host=/var/run/a+b&port=1', { PGHOST: '/var/run/a+b', PGPORT: '1', PGDATABASE: 'd' }],
    ['postgres:///?dbname=d&user=u&password=a%2Bb%20%25%26=', { PGDATABASE: 'd', PGUSER: 'u', PGPASSWORD: 'a+b %&=' }],
    ['postgres://h/d?sslmode=verify-full&sslrootcert=/a%20b', { PGHOST: 'h', PGDATABASE: 'd', PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/a b' }],
    ['postgres:///d?host=a,b&port=5432,', { PGHOST: 'a,b', PGPORT: '5432,', PGDATABASE: 'd' }],
    ['postgres://h/d?sslrootcert=rds', { PGHOST: 'h', PGDATABASE: 'd', PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'rds' }],
    ['postgres://h/d?sslrootcert=rds&sslmode=verify-ca', { PGHOST: 'h', PGDATABASE: 'd', PGSSLMODE: 'verify-ca', PGSSLROOTCERT: 'rds' }],
    ['postgres://one/d?host=other', { PGHOST: 'other', PGDATABASE: 'd' }],
    ['postgres://h/a/b', { PGHOST: 'h', PGDATABASE: 'a/b' }],
    ['postgres://h/..%2F..%2Fetc', { PGHOST: 'h', PGDATABASE: '../../etc' }],
    ['postgres://u:p@/d?host=/run/x', { PGHOST: '/run/x', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'd' }],
    [
      'postgres://u:p@a:1,b:2/d?target_session_attrs=primary',
      { PGHOST: 'a,b', PGPORT: '1,2', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'd', PGTARGETSESSIONATTRS: 'primary' },
    ],
    ['postgres://a,b/d', { PGHOST: 'a,b', PGDATABASE: 'd' }],
    ['postgres://[::1]:1,b.example/d', { PGHOST: '::1,b.example', PGPORT: '1,', PGDATABASE: 'd' }],
    ['postgis://h/d?gssencmode=disable&sslnegotiation=direct', { PGHOST: 'h', PGDATABASE: 'd', PGGSSENCMODE: 'disable', PGSSLNEGOTIATION: 'direct' }],
    // as applications have it: Symfony, SQLAlchemy, Prisma
    ['postgresql://h/d?serverVersion=16&charset=utf8', { PGHOST: 'h', PGDATABASE: 'd' }],
    ['postgresql+psycopg://h/d?application_name=x', { PGHOST: 'h', PGDATABASE: 'd' }],
    ['postgresql://h/d?schema=public&connection_limit=5&pgbouncer=true&connect_timeout=300', { PGHOST: 'h', PGDATABASE: 'd' }],
    [' postgres://h/d\n', { PGHOST: 'h', PGDATABASE: 'd' }],
  ])('%j', (address, connection) => {
    expect(connectionOf(address)).toEqual({ ...timeout, ...connection });
  });

  it('gives back any user, password and database that was escaped', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((any) => !any.includes('\0') && any.isWellFormed());
    const name = text.filter((any) => !/^\.\.?$/.test(any)); // no URL can hold them: see below
    fc.assert(
      fc.property(text, text, name, (user, password, database) => {
        expect(connectionOf(`postgres://${escaped(user)}:${escaped(password)}@h/${escaped(database)}`)).toEqual({
          ...timeout,
          PGHOST: 'h',
          PGUSER: user,
          PGPASSWORD: password,
          PGDATABASE: database,
        });
        expect(connectionOf(`postgres://h/?dbname=${escaped(database)}&password=${escaped(password)}`)).toMatchObject({
          PGDATABASE: database,
          PGPASSWORD: password,
        });
      }),
    );
    expect(connectionOf('postgres://h/?dbname=..').PGDATABASE).toBe('..');
  });
});

const secret = 'S3cret';

describe('an address that cannot be used is refused, and nothing of its password is told', () => {
  it.each([
    ['', 'not a URL'],
    ['nonsense', 'not a URL'],
    [`host=h password=${secret} dbname=d`, 'not a URL'],
    [`mysql://u:${secret}@h/d`, 'not a URL'],
    [`postgres:${secret}`, 'not a URL'],
    [`postgres:/${secret}`, 'not a URL'],
    [`postgres://u:${secret}@h:port/d`, 'not a URL'],
    [`postgres://u:${secret}@h:65536/d`, 'not a URL'],
    [`postgres://u:${secret}@h h/d`, 'not a URL'],
    [`postgres://u:${secret}@h`, 'names no database'],
    [`postgres://u:${secret}@h/`, 'names no database'],
    [`postgres://u:${secret}%@h/d`, '"%"'],
    [`postgres://u:%zz${secret}@h/d`, '"%"'],
    [`postgres://u:%ff${secret}@h/d`, '"%"'],
    [`postgres://u:${secret}%00@h/d`, 'zero byte'],
    [`postgres://h/d?password=${secret}%00`, 'zero byte'],
    [`postgres://h/d?password=${secret}%`, '"%"'],
    [`postgres://u:1/${secret}@h/d`, 'escaped'],
    [`postgres://u:1,${secret}/x@h/d`, 'escaped'],
    [`postgres://u:${secret},1/x@h/d`, 'not a URL'],
    [`postgres://@${secret},1:x/d`, 'not a URL'],
    ['postgres://h/d?gssencmode=always', 'write disable, prefer, require'],
    [`postgres://u:1?${secret}@h/d`, 'escaped'],
    [`postgres://u:1#${secret}@h/d`, 'escaped'],
    [`postgres://u:${secret}/x@h/d`, 'not a URL; write postgres://user:password@host:5432/database, with %2F'],
    [`postgres://u:${secret}@h/d#fragment`, 'escaped'],
    [`postgres://u:x@h/d?${secret}`, 'not known'],
    [`postgres://u:x@h/d?${secret}=1`, 'not known'],
    [`postgres://u:x@h/d?s3cret&sslmode=require`, 'not known'],
    [`postgres://h/d?options=-c%20x=${secret}`, 'not known: options;'],
    [`postgres://h/d?passfile=/x&password=${secret}`, 'not known: passfile;'],
    [`postgres://h/d?__proto__=${secret}`, 'not known: __proto__;'],
    [`postgres://h/d?constructor=${secret}`, 'not known: constructor;'],
    [`postgres://h/d?PGPASSWORD=${secret}`, 'not known;'],
    ['postgres://h/d?sslmode=banana', 'sslmode=banana, which is not known; write disable, allow, prefer, require, verify-ca, verify-full'],
    [`postgres://h/d?sslmode=${secret}`, 'sslmode=… (not shown)'],
    ['postgres://h/d?sslmode=', 'sslmode=…'],
    ['postgres://h/d?channel_binding=maybe', 'write disable, prefer, require'],
    ['postgres://h/d?target_session_attrs=fast', 'prefer-standby'],
    ['postgres:///d?port=99999', 'the port 99999; write a number from 1 to 65535'],
    ['postgres:///d?port=0', 'the port 0;'],
    ['postgres:///d?host=a,b&port=5432,x1', 'the port x1;'],
    [`postgres:///d?port=${secret}`, 'the port … (not shown)'],
    ['postgres://h:0/d', 'the port 0;'],
    ['postgres://h/d?sslrootcert=rds&sslmode=require', 'sslmode=require would not; write sslmode=verify-full'],
  ])('%j', (address, words) => {
    const refuse = () => connectionOf(address);
    expect(refuse).toThrow(ConfigurationError);
    expect(refuse).toThrow(words);
    expect(refuse).not.toThrow(/s3cret/i);
    expect(() => addressForPeople(address)).not.toThrow(/s3cret/i);
  });

  it('whatever it is', () => {
    const mark = 'qZ7x';
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        try {
          // a password that was not escaped is either read as one or refused, never shown
          expect(addressForPeople(`postgres://user:${before}${mark}${after}@host.example/main`)).not.toContain(mark);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
          expect(String(error)).not.toContain(mark);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

it.each([
  ['postgres://u:p@h:5433/d', 'd at h:5433'],
  ['postgres://u:p@h/d', 'd at h'],
  ['postgres:///d', 'd at localhost'],
  ['postgres://u@h/d?password=secret&sslmode=require', 'd at h'],
  ['postgres://u:p@[::1]:5433/d', 'd at [::1]:5433'],
  ['postgres:///d?host=/run/x', 'd at /run/x'],
])('%s leads people to %s', (address, place) => {
  expect(addressForPeople(address)).toBe(place);
});

const awkward = `a'b"c\\d%e f=g&h?i#j/k@l:m;n$o\`é漢𝄞[]{}|<>^+~!*()`;

describe('psql reaches', { timeout: coldStart }, () => {
  it('a user and password of every awkward character', async () => {
    const server = await postgresServer(18);
    const user = `${awkward.slice(0, 40)}${randomBytes(2).toString('hex')}`;
    const password = `${awkward}\ttab`;
    const role = `"${user.replaceAll('"', '""')}"`;
    await query(server, `CREATE ROLE ${role} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
    onTestFinished(() => query(server, `DROP ROLE ${role}`).then(() => undefined));
    const address = `postgres://${escaped(user)}:${escaped(password)}@${server.host}:${server.port}/postgres`;
    const { out, said } = await ranBy('psql', ['-XAtqwc', 'SELECT current_user'], { ...connectionOf(address), PGCLIENTENCODING: 'UTF8' });
    expect({ out: out.toString(), said }).toEqual({ out: `${user}\n`, said: '' });
  });

  it.each(['-Fd', 'a=b d', 'postgres://x/y', 'dbname=postgres', 'line\nfeed', '../x', 'q\'"\\', '🐘', '%41', 'y'.repeat(63), awkward.slice(0, 40)])(
    'a database named %j',
    async (name) => {
      const server = await postgresServer(18);
      await newDatabase(server, name);
      const address = `postgres://${server.user}:${escaped(server.password)}@${server.host}:${server.port}/${escaped(name)}`;
      const { out, said } = await ranBy('psql', ['-XAtqwc', 'SELECT current_database()'], { ...connectionOf(address), PGCLIENTENCODING: 'UTF8' });
      expect({ out: out.toString(), said }).toEqual({ out: `${name}\n`, said: '' });
    },
  );

  it('a Unix socket', async () => {
    const { socket, port, user } = await postgresServer(18);
    for (const address of [`postgres://${user}@${escaped(socket)}:${port}/postgres`, `postgres:///postgres?host=${socket}&port=${port}&user=${user}`]) {
      const { out } = await ranBy('psql', ['-XAtqwc', 'SELECT inet_client_addr() IS NULL'], connectionOf(address));
      expect(out.toString()).toBe('t\n');
    }
  });
});
