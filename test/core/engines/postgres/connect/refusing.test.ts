import { describe, expect, it } from 'vitest';
import { leftIn, testWork } from '../../../../support/engine-work.ts';
import { query, type ServerAddress, startPostgresServer } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { type Address, identifier, newRole, postgresDump, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

describe('a server that refuses', () => {
  const refusals: [string, (server: ServerAddress) => Address, string, string][] = [
    ['a wrong password', () => ({ password: 'wrong' }), 'AccessDeniedError', 'password authentication failed'],
    ['a user that does not exist', () => ({ user: 'nobody here' }), 'AccessDeniedError', 'password authentication failed'],
    ['a port where nobody listens', () => ({ port: 1 }), 'SourceUnreachableError', 'refused'],
    ['a host that does not exist', () => ({ host: 'nowhere.invalid' }), 'SourceUnreachableError', 'nowhere.invalid'],
    [
      'an authority that signed nothing',
      ({ foreignCa }) => ({ parameters: { sslmode: 'verify-full', sslrootcert: foreignCa } }),
      'TlsRefusedError',
      'verify failed',
    ],
    [
      'a file of authorities that is missing',
      () => ({ parameters: { sslmode: 'verify-full', sslrootcert: '/missing.pem' } }),
      'TlsRefusedError',
      'missing.pem',
    ],
    [
      'a name that the certificate does not have',
      ({ ca }) => ({ host: '127.0.0.2', parameters: { sslmode: 'verify-full', sslrootcert: ca } }),
      'TlsRefusedError',
      '127.0.0.2',
    ],
  ];
  it.each(refusals)(
    'for %s',
    async (_, address, name, words) => {
      await using server = words === '127.0.0.2' ? await startPostgresServer(18, { settings: { listen_addresses: '127.0.0.1,127.0.0.2' } }) : undefined;
      const asked = server ?? (await postgresServer(18));
      const dump = postgresDump(urlOf(asked, 'postgres', address(asked)));
      await expect(dump).rejects.toMatchObject({ name, message: expect.stringContaining(words) });
      await expect(dump).rejects.not.toThrow(asked.password);
    },
    coldStart,
  );

  it('because its certificate is over', async () => {
    await using server = await startPostgresServer(18, { expired: true });
    const url = urlOf(server, 'postgres', { parameters: { sslmode: 'verify-full', sslrootcert: server.ca } });
    await expect(postgresDump(url)).rejects.toMatchObject({ name: 'TlsRefusedError', message: expect.stringContaining('certificate') });
  });

  it('those who do not speak TLS', async () => {
    await using server = await startPostgresServer(18, { access: 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n' });
    await expect(postgresDump(urlOf(server, 'postgres', { parameters: { sslmode: 'disable' } }))).rejects.toMatchObject({
      name: 'TlsRefusedError',
      message: expect.stringContaining('no encryption'),
    });
    const { scan } = await postgresDump(urlOf(server, 'postgres', { parameters: { sslmode: 'verify-full', sslrootcert: server.ca } }));
    expect(scan.tables).toEqual([]);
    // the end of a verified certificate is in the scan
    expect(Math.round((Date.parse(scan.certificateEnds ?? '') - Date.now()) / 86_400_000)).toBe(2);
    for (const parameters of [{ sslmode: 'require' }, {} as Record<string, string>])
      expect((await postgresDump(urlOf(server, 'postgres', { parameters }))).scan.certificateEnds).toBeUndefined();
  });

  it('everybody from here is not taken for one that wants TLS', async () => {
    await using server = await startPostgresServer(18, { access: 'local all all trust\n' });
    await expect(postgresDump(urlOf(server, 'postgres', { parameters: {} }))).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringContaining('no encryption'),
    });
  });

  it("because Amazon's authorities have not signed its certificate, and leaves none of them behind", async () => {
    const server = await postgresServer(18);
    const work = testWork();
    const dump = postgresDump(urlOf(server, 'postgres', { parameters: { sslrootcert: 'rds' } }), work);
    await expect(dump).rejects.toMatchObject({ name: 'TlsRefusedError', message: expect.stringContaining('certificate verify failed') });
    expect(leftIn(work)).toEqual([]);
  });

  it('a database that does not exist', async () => {
    await expect(postgresDump(urlOf(await postgresServer(18), 'no such'))).rejects.toMatchObject({
      name: 'SourceMissingError',
      message: expect.stringContaining('no such'),
    });
  });
});

describe('a user', () => {
  it('from whom row security hides rows of every table gets no dump, rather than half of one', async () => {
    const server = await postgresServer(18);
    const user = await newRole(server, { options: "PASSWORD 'p'" });
    const database = await newDatabase(server);
    await query(
      server,
      `CREATE TABLE secret (id integer); INSERT INTO secret VALUES (1), (2); ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
      CREATE POLICY half ON secret USING (id = 1); GRANT SELECT ON secret TO ${identifier(user)}`,
      { database },
    );
    const url = urlOf(server, database, { user, password: 'p' });
    await expect(postgresDump(url)).rejects.toMatchObject({ name: 'AccessDeniedError', message: expect.stringContaining('secret') });
  });
});

it.each(['-Fp', 'a=b c', `it's "quoted"`, 'two\nlines', '../up', '🐘 été', 'x'.repeat(63), 'per%cent', 'a?b#c', '\\'])(
  'a database called %j is the one that is dumped',
  async (name) => {
    const server = await postgresServer(18);
    const database = await newDatabase(server, name);
    await query(server, 'CREATE TABLE here (name text); INSERT INTO here VALUES (current_database())', { database });
    const { scan, bytes } = await postgresDump(urlOf(server, database));
    expect(scan.tables).toEqual([expect.objectContaining({ name: 'public.here', rows: 1 })]);
    expect(bytes.toString()).toContain(`\n${name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`);
  },
);
