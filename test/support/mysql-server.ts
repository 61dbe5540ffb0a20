import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Family } from '../../core/engines/mysql/family.ts';
import { ScratchServer, smallBuffers, withoutTls } from '../../core/engines/mysql/prove/scratch-server.ts';
import { cacheFolder } from '../../layers/layers.ts';
import { makeCertificates } from './certificates.ts';
import { freePort } from './free-port.ts';
import { askKept, type KeptClient, keepsClients } from './kept-clients.ts';
import { familyOfServer, type MysqlServerName, mysqlClient, mysqlServerLauncher } from './mysql-programs.ts';

/** A server that a test can reach, as plain data. */
export interface MysqlAddress {
  name: MysqlServerName;
  family: Family;
  /** 127.0.0.1; by TLS or not, always with a password. */
  host: string;
  port: number;
  /**
   * Path of the Unix socket, in a folder that only the server's user and root can enter; `user` needs no password
   * there.
   */
  socket: string;
  /** A user who may do everything. */
  user: string;
  password: string;
  /** Files with the authority that signed the server's certificate, and with one that did not. */
  ca: string;
  foreignCa: string;
  pid: number;
  /** Path of the data directory. */
  data: string;
}

export interface MysqlServerChoices {
  /** Shows a certificate that expired yesterday. */
  expired?: boolean;
  /** Options of the server by name, without dashes; with those in `lasting` its data directory is made as well. */
  settings?: Record<string, string>;
  lasting?: Record<string, string>;
}

/**
 * Starts a real server of MySQL or MariaDB on the loopback interface and a Unix socket, for one test or file. Dispose
 * of it.
 */
export async function startMysqlServer(
  name: MysqlServerName,
  { expired = false, settings = {}, lasting = {} }: MysqlServerChoices = {},
): Promise<MysqlAddress & AsyncDisposable> {
  const family = familyOfServer(name);
  const certificates = makeCertificates();
  const { certificate, key } = expired ? certificates.expired : certificates.server;
  const port = await freePort();
  const server = await ScratchServer.start({
    family,
    launch: await mysqlServerLauncher(name),
    scratch: tmpdir(),
    templates: cacheFolder(),
    signal: AbortSignal.timeout(60_000),
    lasting,
    network: 'host',
    files: { 'server.crt': certificate, 'server.key': key, 'ca.pem': certificates.ca, 'foreign.pem': certificates.foreignCa },
    settings: {
      'skip-networking': 'OFF',
      'bind-address': '127.0.0.1',
      port: String(port),
      'ssl-cert': 'server.crt',
      'ssl-key': 'server.key',
      ...smallBuffers[family],
      ...settings,
    },
  });
  const { socket, pid, data } = server;
  const password = randomBytes(12).toString('base64url');
  const address = {
    name,
    family,
    host: '127.0.0.1',
    port,
    socket,
    user: 'root',
    password,
    ca: join(data, 'ca.pem'),
    foreignCa: join(data, 'foreign.pem'),
    pid,
    data,
  };
  const dispose = () => server[Symbol.asyncDispose]();
  try {
    await mysqlQuery(address, `CREATE USER root@'%' IDENTIFIED BY '${password}'; GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION`, { overSocket: true });
    // without TLS, a password is taken only of those who have shown it by TLS before; a server without valid TLS refuses
    await mysqlQuery(address, 'DO 0', { overSocket: false }).catch(() => undefined);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { ...address, [Symbol.asyncDispose]: dispose };
}

export interface MysqlQueryOptions {
  database?: string;
  overSocket?: boolean;
  /** More of the client's options. */
  options?: readonly string[];
}

/**
 * Runs SQL by the family's own client, stops at the first error, and returns its output: a line a row, columns
 * separated by tabs, raw. It takes the socket, because a handshake of TLS costs more than most queries.
 */
export async function mysqlQuery(
  server: MysqlAddress,
  sql: string,
  { database = '', overSocket = true, options = [] }: MysqlQueryOptions = {},
): Promise<string> {
  const client = await mysqlClient(server.family);
  const asRoot = overSocket && server.user === 'root';
  const where = overSocket
    ? [`--socket=${server.socket}`, withoutTls[server.family]]
    : ['--protocol=tcp', `--host=${server.host}`, `--port=${server.port}`, `--ssl-ca=${server.ca}`, verifying[server.family]];
  const how = ['--no-defaults', ...where, `--user=${server.user}`, '--default-character-set=utf8mb4', '--batch', '--raw', '--skip-column-names'];
  if (asRoot && options.length === 0 && keepsClients(server) && /^\w*$/.test(database) && !needsOwnClient.test(sql)) {
    const kept = async () => ({ launch: client, args: [...how, ...keeping[server.family]], env: {}, dialect: keptDialect(server.family) });
    // a client that has used a database always uses one
    const kind = `${server.socket} ${server.family} ${database === '' ? 'without' : 'with'} a database`;
    return await askKept(kind, kept, `connect ${database}\n${sql}\n;\n${database === '' ? 'connect' : 'connect information_schema'}`);
  }
  const child = spawn(client.command, [...client.args, ...how, ...options, ...(database === '' ? [] : [`--database=${database}`])], {
    env: { ...client.env, ...(asRoot ? {} : { MYSQL_PWD: server.password }) },
    stdio: 'pipe',
  });
  child.stdin.on('error', () => undefined); // it could not connect, as its status says
  child.stdin.end(`${sql}\n`); // for a line without an end, MySQL's client fills 32 MiB with zeros
  const ended = new Promise<number>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) throw failure(server.family, status, err);
  return out.trimEnd();
}

/** Options of a client that is kept: it must know `connect`, which MySQL's calls a command, and hold nothing back. */
const keeping: Record<Family, string[]> = { mysql: ['--commands', '--unbuffered'], mariadb: ['--unbuffered'] };

/** Matches scripts that command the client; a backslash can. */
const needsOwnClient =
  /\\|^\s*(?:\?|charset|clear|connect|costs|delimiter|edit|ego|exit|go|help|nopager|notee|nowarning|pager|print|prompt|query_attributes|quit|rehash|resetconnection|sandbox|source|ssl_session_data_print|status|system|tee|use|warnings)\b/im;

/** Connects anew before a script and after it, so that no session serves two. Lines count from the script's first. */
function keptDialect(family: Family): KeptClient['dialect'] {
  let [written, before] = [0, 0];
  return {
    after: (script, word) => {
      const text = `${script}\nSELECT '${word}';\n`;
      before = written + 1;
      written += text.split('\n').length - 1;
      return text;
    },
    failure: (status, complaint) =>
      failure(
        family,
        status,
        complaint.replace(/^(ERROR .*?at line )(\d+)/m, (_, begun: string, line: string) => `${begun}${Number(line) - before}`),
      ),
  };
}

function failure(family: Family, status: number | NodeJS.Signals | null, complaint: string): Error {
  return new Error(`${family} ended with ${status}: ${complaint.trim()}`);
}

const verifying: Record<Family, string> = { mysql: '--ssl-mode=VERIFY_IDENTITY', mariadb: '--ssl-verify-server-cert' };
