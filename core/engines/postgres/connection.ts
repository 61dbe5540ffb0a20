import { ConfigurationError } from '../../errors.ts';

/** libpq's parameters, by the names of its environment variables (documentation, 32.15). */
export type Connection = Record<string, string>;

const schemes = new Set(['postgres:', 'postgresql:']);

/** What a URL may say besides host, port, user, password and database, and the variable that says it to libpq. */
const parameters: Record<string, string> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  channel_binding: 'PGCHANNELBINDING',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
};

/** As `sslrootcert`: the authorities that sign the certificates of Amazon RDS and its proxies. */
export const rdsAuthorities = 'rds';

/** Of these libpq knows the words (documentation, 34.1.2). It would refuse others at every attempt; here it is a mistake that no repeat can mend. */
const words: Record<string, string[]> = {
  sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
  channel_binding: ['disable', 'prefer', 'require'],
  target_session_attrs: ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'],
};

/** How long connecting may take, in seconds. */
const connectTimeout = '20';

/**
 * An argument of psql and pg_dump that makes the kernel ask after a minute of silence whether the other side is still there, and end the connection when it is not; by default Linux waits two hours. There are no
 * environment variables for it, and everything else still comes from those. Not `tcp_user_timeout`: it would also end a connection whose other side is only busy.
 */
export const keepalives = '--dbname=keepalives_idle=60 keepalives_interval=10 keepalives_count=6';

const form = 'write postgres://user:password@host:5432/database';

/**
 * The connection that `postgres://user:password@host:port/database?sslmode=…` names. It travels in the environment, where libpq takes a name as it is: as an argument `-Fp` would be an option and `a=b` a connection string.
 * Throws a ConfigurationError that quotes nothing of the URL but the name of a parameter.
 */
export function connectionOf(address: string): Connection {
  const url = URL.parse(address);
  if (!url || !schemes.has(url.protocol) || !url.href.startsWith(`${url.protocol}//`))
    throw new ConfigurationError(`the address of a PostgreSQL database is not a URL; ${form}`);
  // what follows a "/", "?" or "#" of a password would be taken for the database or a parameter, and be shown
  if (url.hash !== '' || /@/.test(url.pathname + url.search))
    throw new ConfigurationError(
      'the address of a PostgreSQL database has a "/", "?", "#" or "@" that must be escaped: write %2F, %3F, %23 or %40 in a user, password or database',
    );
  const parts = [
    ['PGHOST', decode(url.hostname.replace(/^\[(.*)\]$/, '$1'))],
    ['PGPORT', url.port],
    ['PGUSER', decode(url.username)],
    ['PGPASSWORD', decode(url.password)],
    ['PGDATABASE', decode(url.pathname.slice(1))],
  ].filter(([, value]) => value !== '');
  const connection = Object.fromEntries([...parts, ...parametersOf(url)]) as Connection;
  if (!connection.PGDATABASE) throw new ConfigurationError(`the address of a PostgreSQL database names no database; ${form}`);
  refuseOdd(connection);
  return { PGCONNECT_TIMEOUT: connectTimeout, ...(connection.PGSSLROOTCERT === rdsAuthorities && { PGSSLMODE: 'verify-full' }), ...connection };
}

function refuseOdd(connection: Connection): void {
  for (const [name, known] of Object.entries(words)) {
    const given = connection[parameters[name] ?? ''];
    if (given === undefined || known.includes(given)) continue;
    throw new ConfigurationError(`the address of a PostgreSQL database has ${name}=${shown(given)}, which is not known; write ${known.join(', ')}`);
  }
  // libpq takes a list when there are several hosts; an empty one is the usual port
  const odd = (connection.PGPORT ?? '').split(',').find((port) => port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535));
  if (odd !== undefined) throw new ConfigurationError(`the address of a PostgreSQL database has the port ${shown(odd)}; write a number from 1 to 65535`);
  const { PGSSLROOTCERT, PGSSLMODE = 'verify-full' } = connection;
  if (PGSSLROOTCERT === rdsAuthorities && !PGSSLMODE.startsWith('verify-'))
    throw new ConfigurationError(`with sslrootcert=rds the server is verified, and sslmode=${PGSSLMODE} would not; write sslmode=verify-full`);
}

/** What is no word or number may be a piece of a password that was not escaped. */
function shown(given: string): string {
  return /^[a-z0-9-]{1,20}$/.test(given) ? given : '… (not shown)';
}

/** As libpq reads them, not as a form: a "+" is a "+". */
function parametersOf(url: URL): [string, string][] {
  const pairs = url.search.slice(1).split('&').filter(Boolean);
  return pairs.map((pair) => {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const variable = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (variable) return [variable, decode(value)];
    const shown = /^[a-z_]{1,40}$/.test(name) && pair.includes('=') ? `: ${name}` : '';
    throw new ConfigurationError(
      `the address of a PostgreSQL database has a parameter that is not known${shown}; known are ${Object.keys(parameters).join(', ')}`,
    );
  });
}

function decode(text: string): string {
  const decoded = decodedOrNothing(text);
  if (decoded === undefined) throw new ConfigurationError('the address of a PostgreSQL database has a "%" that begins no escape; write it as %25');
  // no environment can hold it, and Node's refusal would quote the value
  if (decoded.includes('\0')) throw new ConfigurationError('the address of a PostgreSQL database has a zero byte (%00), which no name or password can hold');
  return decoded;
}

function decodedOrNothing(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Where an address leads, for people: without user and password. */
export function placeOf(address: string): string {
  const { PGHOST = 'localhost', PGPORT, PGDATABASE } = connectionOf(address);
  const host = PGHOST.includes(':') ? `[${PGHOST}]` : PGHOST;
  return `${PGDATABASE} at ${host}${PGPORT ? `:${PGPORT}` : ''}`;
}
