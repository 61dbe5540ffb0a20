import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { smallBuffers } from '../../core/engines/postgres/prove/cluster.ts';
import { ScratchServer } from '../../core/engines/postgres/prove/scratch-server.ts';
import type { Launch } from '../../core/programs/launch.ts';
import { cacheFolder } from '../../layers/layers.ts';
import { makeCertificates } from './certificates.ts';
import { freePort } from './free-port.ts';
import { askKept, type KeptClient, keepsClients } from './kept-clients.ts';
import { launcher, type ServerVersion, serverLauncher, toolsFolder } from './programs.ts';

/** A server that a test can reach, as plain data. */
export interface ServerAddress {
  version: ServerVersion;
  /** 127.0.0.1; by TLS or not, always with a password. */
  host: string;
  port: number;
  /** Folder of the Unix socket, which only the server's user and root can enter; no password. */
  socket: string;
  /** A superuser. */
  user: string;
  password: string;
  /** Files for `sslrootcert`: the authority that signed the server's certificate, and one that did not. */
  ca: string;
  foreignCa: string;
  pid: number;
  /** Path of the data directory. */
  data: string;
}

export interface ServerChoices {
  /** Shows a certificate that expired yesterday. */
  expired?: boolean;
  settings?: Record<string, string>;
  /** Replaces pg_hba.conf. */
  access?: string;
  /** Programs instead of those of the version. */
  launch?: (program: string) => Launch;
}

/** Access by SCRAM passwords over the network, with TLS or without; without passwords over the private socket. */
const defaultAccess = 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\nlocal replication all trust\n';

/** Starts a real PostgreSQL server on the loopback interface and a Unix socket, for one test or file. Dispose of it. */
export async function startPostgresServer(
  version: ServerVersion,
  { expired = false, settings = {}, access = defaultAccess, ...choices }: ServerChoices = {},
): Promise<ServerAddress & AsyncDisposable> {
  const launch = choices.launch ?? (await serverLauncher(version));
  const certificates = makeCertificates();
  const { certificate, key } = expired ? certificates.expired : certificates.server;
  const password = randomBytes(12).toString('base64url');
  const server = await ScratchServer.start({
    launch,
    scratch: tmpdir(),
    templates: cacheFolder(),
    signal: AbortSignal.timeout(60_000),
    port: await freePort(),
    network: 'host',
    locales: ['en_US.UTF-8', 'fr_FR.utf8'],
    // builtin locales exist since 17; glibc has C.UTF-8 built in
    cluster:
      version < 17 ? ['--encoding=UTF8', '--locale=C.UTF-8'] : ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    files: { 'server.crt': certificate, 'server.key': key, 'pg_hba.conf': access, 'ca.pem': certificates.ca, 'foreign.pem': certificates.foreignCa },
    settings: {
      listen_addresses: '127.0.0.1',
      ssl: 'on',
      password_encryption: 'scram-sha-256',
      // 4,096 hashes at both ends of each connection make a password hard to guess; here they are only time
      ...(version >= 16 && { scram_iterations: '1' }),
      ...smallBuffers(version),
      wal_level: 'logical',
      max_prepared_transactions: '2',
      ...settings,
    },
  });
  const { host: socket, port, user, pid, data } = server;
  const address = { version, host: '127.0.0.1', port, socket, user, password, ca: join(data, 'ca.pem'), foreignCa: join(data, 'foreign.pem'), pid, data };
  try {
    await query(address, `ALTER ROLE postgres PASSWORD '${password}'`);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return { ...address, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export interface QueryOptions {
  database?: string;
  overSocket?: boolean;
  /** Environment of psql beside, or instead of, the address. */
  environment?: Record<string, string>;
}

/**
 * Runs SQL by psql, stops at the first error, and returns its output: a line a row, columns separated by `|`. It takes
 * the socket, because a handshake of TLS and SCRAM costs more than most queries.
 */
export async function query(
  server: ServerAddress,
  sql: string,
  { database = 'postgres', overSocket = true, environment = {} }: QueryOptions = {},
): Promise<string> {
  const psql = (await launcher(await toolsFolder()))('psql');
  const env = { ...environmentOf(server, { database, overSocket }), ...environment };
  const isPlain = database === 'postgres' && overSocket && Object.keys(environment).length === 0;
  if (isPlain && keepsClients(server) && !needsOwnClient.test(sql)) {
    return await askKept(`${server.socket} ${server.port} ${server.user}`, async () => ({ launch: psql, args: options, env, dialect: keptDialect() }), sql);
  }
  const child = spawn(psql.command, [...psql.args, ...options], { env, stdio: 'pipe' });
  child.stdin.on('error', () => undefined); // it could not connect, as its status says
  child.stdin.end(sql);
  const ended = new Promise<number>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) throw failure(status, err);
  return out.trimEnd();
}

const options = ['-XAtq', '--set=ON_ERROR_STOP=1', '--file=-'];

/** Matches scripts that command the client, read the rest of its input, or leave what a session cannot discard. */
const needsOwnClient = /\\|\bstdin\b|\bbegin\b|\bstart\s+transaction\b|\bload\b/i;

/**
 * Ends a script with a session as new. A script begins with a mark among the complaints: notices of those before it are
 * none of its own, and lines count from there.
 */
function keptDialect(): KeptClient['dialect'] {
  let [written, before] = [0, 0];
  return {
    after: (sql, word) => {
      const script = `\\warn ${word}\n${sql}${/--.*$/.test(sql) ? '\n' : ''};\nDISCARD ALL;\n\\echo ${word}\n`;
      before = written + 1;
      written += script.split('\n').length - 1;
      return script;
    },
    failure: (status, complaint) => {
      const own = complaint.split(/^done [-0-9a-f]{36}$/m).at(-1) ?? '';
      return failure(
        status,
        own.replaceAll(/^psql:<stdin>:(\d+):/gm, (_, line: string) => `psql:<stdin>:${Number(line) - before}:`),
      );
    },
  };
}

function failure(status: number | NodeJS.Signals | null, complaint: string): Error {
  return new Error(`psql ended with ${status}: ${complaint.trim()}`);
}

/** Returns the environment by which PostgreSQL's clients reach a server. */
export function environmentOf(
  server: ServerAddress,
  { database = 'postgres', overSocket = false }: Pick<QueryOptions, 'database' | 'overSocket'> = {},
): Record<string, string> {
  const { host, port, socket, user, password } = server;
  return { PGHOST: overSocket ? socket : host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database, PGCONNECT_TIMEOUT: '10' };
}
