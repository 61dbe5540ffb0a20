import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postgresError } from '../../../../core/engines/postgres/failures.ts';
import { isUnsupported } from '../../../../core/engines/postgres/prove/unsupported.ts';
import {
  AccessDeniedError,
  SourceLockedError,
  SourceMissingError,
  SourceUnreachableError,
  TlsRefusedError,
  ToolFailedError,
  ToolTooOldError,
} from '../../../../core/errors.ts';
import { ranBy } from '../../../support/postgres-dump.ts';
import { environmentOf, query, type ServerAddress } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { coldStart } from '../../../support/programs.ts';

it.each([
  'permission denied to set the "filename" option of a file_fdw foreign table',
  'only superuser or a role with privileges of the pg_read_server_files role may specify the filename option of a file_fdw foreign table',
])('what the proof may not make, in the words of any version, is no fault of the source: %s', (reason) => {
  expect(isUnsupported(reason)).toBe(true);
});

/** A port where each connection is handed to `serve`. */
async function listening(serve: (socket: Socket) => void): Promise<number> {
  const listener = createServer((socket) => {
    socket.on('error', () => undefined); // the other side went away, which is what is tested
    serve(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void listener.close());
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}

/** Passes a connection on until so many bytes have come back, then cuts it. */
const cutAfter =
  ({ host, port }: ServerAddress, most: number) =>
  (socket: Socket) => {
    const inner = connect(port, host);
    let size = 0;
    inner.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => inner.destroy()).pipe(inner);
    inner.on('data', (bytes: Buffer) => {
      size += bytes.length;
      if (size > most) {
        inner.destroy();
        socket.destroy();
      } else socket.write(bytes);
    });
  };

type Setting = (server: ServerAddress, database: string) => Record<string, string> | Promise<Record<string, string>>;

const connections: [string, Setting, new (message: string) => Error, RegExp][] = [
  ['a wrong password', () => ({ PGPASSWORD: 'S3cret' }), AccessDeniedError, /password authentication failed/],
  ['no password', () => ({ PGPASSWORD: '' }), AccessDeniedError, /no password supplied/],
  ['an unknown user', () => ({ PGUSER: 'nobody' }), AccessDeniedError, /authentication failed for user "nobody"/],
  ['an unknown user on the socket', ({ socket }) => ({ PGHOST: socket, PGUSER: 'nobody' }), AccessDeniedError, /role "nobody" does not exist/],
  ['an unknown host', () => ({ PGHOST: 'host.invalid' }), SourceUnreachableError, /could not translate host name/],
  ['a refused port', () => ({ PGPORT: '1' }), SourceUnreachableError, /Connection refused/],
  ['a refused port whose number is an SQLSTATE', () => ({ PGPORT: '28000' }), SourceUnreachableError, /port 28000 failed: Connection refused/],
  ['no socket', () => ({ PGHOST: '/nowhere' }), SourceUnreachableError, /No such file or directory/],
  ['a server that hangs up', async () => ({ PGPORT: String(await listening((socket) => socket.destroy())) }), SourceUnreachableError, /./],
  [
    'a server that says nothing',
    async () => ({ PGPORT: String(await listening(() => undefined)), PGCONNECT_TIMEOUT: '2' }),
    SourceUnreachableError,
    /timeout expired/,
  ],
  ['an unknown database', () => ({ PGDATABASE: 'nowhere' }), SourceMissingError, /database "nowhere" does not exist/],
  ['a database whose name looks like options', () => ({ PGDATABASE: '-Fc' }), SourceMissingError, /database "-Fc" does not exist/],
  ['a foreign authority', ({ foreignCa }) => ({ PGSSLMODE: 'verify-full', PGSSLROOTCERT: foreignCa }), TlsRefusedError, /certificate verify failed/],
  ['an authority that is not there', () => ({ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/nowhere' }), TlsRefusedError, /root certificate file "\/nowhere"/],
  [
    'another host name',
    ({ ca }) => ({ PGSSLMODE: 'verify-full', PGSSLROOTCERT: ca, PGHOST: 'other.example', PGHOSTADDR: '127.0.0.1' }),
    TlsRefusedError,
    /host name/,
  ],
  [
    'a server without TLS',
    async () => ({ PGSSLMODE: 'require', PGPORT: String(await listening((socket) => socket.once('data', () => socket.write('N')))) }),
    TlsRefusedError,
    /server does not support SSL/,
  ],
  [
    'a connection cut during the dump',
    async (server) => ({ PGSSLMODE: 'disable', PGPORT: String(await listening(cutAfter(server, 9000))) }),
    SourceUnreachableError,
    /./,
  ],
  [
    'a TLS connection cut during the dump',
    async (server) => ({ PGSSLMODE: 'require', PGPORT: String(await listening(cutAfter(server, 9000))) }),
    SourceUnreachableError,
    /./,
  ],
];

describe('what pg_dump says', { timeout: coldStart }, () => {
  it.each(connections)('of %s is understood', async (_, setting, kind, words) => {
    const server = await postgresServer(18);
    const { status, said } = await ranBy('pg_dump', ['--no-password'], {
      ...environmentOf(server),
      PGPASSFILE: '/dev/null',
      ...(await setting(server, 'postgres')),
    });
    expect(status).toBe(1);
    const error = postgresError('pg_dump', status, said);
    expect(error, said).toBeInstanceOf(kind);
    expect(error.message).toMatch(words);
    expect(error.message).not.toMatch(/S3cret|Is the server running.*\n|\n/);
  });

  it('of a table that may not be read, one that is locked, and rows that a policy hides is understood', async () => {
    const server = await postgresServer(18);
    const database = await newDatabase(server);
    const role = `reader_${database}`;
    await query(server, `CREATE TABLE secret (a text); INSERT INTO secret VALUES ('S3cret'); CREATE ROLE ${role} LOGIN PASSWORD 'x'`, { database });
    onTestFinished(() => query(server, `DROP OWNED BY ${role}; DROP ROLE ${role}`, { database }).then(() => undefined));
    const asReader = { ...environmentOf(server, { database }), PGUSER: role, PGPASSWORD: 'x' };
    const errorOf = async (environment: Record<string, string>, args: string[] = []) => {
      const { status, said } = await ranBy('pg_dump', ['--no-password', ...args], environment);
      return postgresError('pg_dump', status, said);
    };
    expect(await errorOf(asReader)).toBeInstanceOf(AccessDeniedError);
    await query(server, `GRANT SELECT ON secret TO ${role}; ALTER TABLE secret ENABLE ROW LEVEL SECURITY`, { database });
    expect(await errorOf(asReader)).toBeInstanceOf(AccessDeniedError);
    expect(await errorOf(environmentOf(server, { database }), ['--strict-names', '--table=absent'])).toBeInstanceOf(SourceMissingError);
    const holding = query(server, 'BEGIN; LOCK TABLE secret; SELECT pg_sleep(1.5)', { database });
    await expect
      .poll(() => query(server, "SELECT count(*) FROM pg_locks WHERE relation = 'secret'::regclass AND mode = 'AccessExclusiveLock'", { database }))
      .toBe('1');
    const locked = await errorOf(environmentOf(server, { database }), ['--lock-wait-timeout=200']);
    expect(locked).toBeInstanceOf(SourceLockedError);
    await holding;
  });
});

it.each<[string, string | number, string, new (message: string) => Error, string]>([
  [
    'a newer server',
    1,
    'pg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 19.1; pg_dump version: 18.0',
    ToolTooOldError,
    'version mismatch',
  ],
  ['an SQLSTATE of a right', 3, 'ERROR:  42501', AccessDeniedError, '42501'],
  ['an SQLSTATE of a lock', 3, 'ERROR:  55P03', SourceLockedError, '55P03'],
  [
    'a standby that speaks French',
    1,
    "pg_dump: error: query failed: FATAL:  arrêt de la connexion à cause d'un conflit avec la restauration",
    SourceLockedError,
    'hot_standby_feedback',
  ],
  ['a server that is starting', 2, 'FATAL:  the database system is starting up', SourceUnreachableError, 'starting up'],
  ['too many clients', 2, 'connection to server at "h", port 5432 failed: FATAL:  sorry, too many clients already', SourceUnreachableError, 'too many'],
  ['pg_hba.conf that rejects', 2, 'connection to server at "h" failed: FATAL:  pg_hba.conf rejects connection for host "h"', AccessDeniedError, 'rejects'],
  ['anything else', 1, 'pg_dump: error: something new', ToolFailedError, 'pg_dump ended with status 1: pg_dump: error: something new'],
  ['silence', 1, '', ToolFailedError, 'pg_dump ended with status 1 and said nothing'],
  ['a signal', 'SIGKILL', '', ToolFailedError, 'pg_dump was ended by SIGKILL'],
  ['a signal after words', 'SIGSEGV', 'oh', ToolFailedError, 'pg_dump was ended by SIGSEGV: oh'],
])('%s is told as what it is', (_, status, said, kind, words) => {
  const error = postgresError('pg_dump', status as number | NodeJS.Signals, said);
  expect(error).toBeInstanceOf(kind);
  expect(error.message).toContain(words);
});

it('rows, statements and hints are not quoted, and little at all', () => {
  const said = [
    'pg_dump: error: failed',
    'pg_dump: detail: Query was: SELECT',
    '  S3cret FROM t',
    'DETAIL:  Key (a)=(S3cret)',
    'CONTEXT:  COPY t, line 1: "S3cret"',
    'LINE 1: S3cret',
    'pg_restore: Command was: S3cret',
  ];
  expect(postgresError('pg_dump', 1, said.join('\n')).message).toBe('pg_dump ended with status 1: pg_dump: error: failed');
  expect(postgresError('pg_dump', 1, 'x'.repeat(100_000)).message.length).toBeLessThan(500);
});
