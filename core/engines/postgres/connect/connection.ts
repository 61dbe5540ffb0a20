import { ConfigurationError } from '../../../errors.ts';
import { ofAnyClient, partsOf, placeNamed, shown, type UrlKind } from '../../server/database-url.ts';
import { rdsAuthorities } from '../../server/rds-authorities.ts';
import { postgresCard } from '../card.ts';

/** Parameters of libpq, by the names of its environment variables (documentation, 32.15). */
export type Connection = Record<string, string>;

/** Parameters that a URL may have, besides host, port, user, password and database, and libpq's variable for each. */
const parameters: Record<string, string> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslnegotiation: 'PGSSLNEGOTIATION',
  gssencmode: 'PGGSSENCMODE',
  channel_binding: 'PGCHANNELBINDING',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
};

/**
 * Values that libpq knows for these parameters (documentation, 34.1.2). It would refuse others at every attempt; here
 * they are a ConfigurationError, which is not retryable.
 */
const words: Record<string, string[]> = {
  sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
  sslnegotiation: ['postgres', 'direct'],
  gssencmode: ['disable', 'prefer', 'require'],
  channel_binding: ['disable', 'prefer', 'require'],
  target_session_attrs: ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'],
};

/** Parameters of applications, and of libpq, that say how they work with a connection. */
const passedOver = [
  ...ofAnyClient,
  ...['application_name', 'fallback_application_name', 'client_encoding', 'keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'],
  ...['tcp_user_timeout', 'statement_timeout', 'schema', 'currentSchema', 'pgbouncer'],
];

/** Longest time that connecting may take, in seconds. */
const connectTimeout = '20';

/**
 * An argument of psql and pg_dump. After a minute of silence the kernel asks whether the other side is still there, and
 * ends the connection if it is not; by default Linux waits two hours.
 * libpq has no environment variables for these; every other parameter still comes from the environment.
 * `tcp_user_timeout` is no substitute: it would also end a connection whose other side is merely busy.
 */
export const keepalives = '--dbname=keepalives_idle=60 keepalives_interval=10 keepalives_count=6';

const kind: UrlKind = {
  product: 'PostgreSQL',
  schemes: postgresCard.reach.schemes,
  form: postgresCard.reach.example,
  parameters: Object.keys(parameters),
  passedOver,
};

/**
 * Parses `postgres://user:password@host:port/database?sslmode=…` into a connection. It travels in the environment,
 * where libpq takes a name as it is: as an argument, `-Fp` would be an option and `a=b` a connection string.
 * Throws ConfigurationError if the address is wrong; the message quotes nothing of the URL but the name of a parameter.
 */
export function connectionOf(address: string): Connection {
  const { host, port, user, password, database, parameters: given } = partsOf(address, kind);
  const parts = [
    ['PGHOST', host],
    ['PGPORT', port],
    ['PGUSER', user],
    ['PGPASSWORD', password],
    ['PGDATABASE', database],
  ].filter(([, value]) => value !== '');
  const connection = Object.fromEntries([...parts, ...given.map(([name, value]) => [parameters[name], value])]) as Connection;
  if (!connection.PGDATABASE) throw new ConfigurationError(`the address of a PostgreSQL database names no database; write ${kind.form}`);
  refuseOdd(connection);
  return { PGCONNECT_TIMEOUT: connectTimeout, ...(connection.PGSSLROOTCERT === rdsAuthorities && { PGSSLMODE: 'verify-full' }), ...connection };
}

function refuseOdd(connection: Connection): void {
  for (const [name, known] of Object.entries(words)) {
    const given = connection[parameters[name] ?? ''];
    if (given === undefined || known.includes(given)) continue;
    throw new ConfigurationError(`the address of a PostgreSQL database has ${name}=${shown(given)}, which is not known; write ${known.join(', ')}`);
  }
  // libpq takes a list when there are several hosts; an empty entry means the default port
  const odd = (connection.PGPORT ?? '').split(',').find((port) => port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535));
  if (odd !== undefined) throw new ConfigurationError(`the address of a PostgreSQL database has the port ${shown(odd)}; write a number from 1 to 65535`);
  const { PGSSLROOTCERT, PGSSLMODE = 'verify-full' } = connection;
  if (PGSSLROOTCERT === rdsAuthorities && !PGSSLMODE.startsWith('verify-'))
    throw new ConfigurationError(`with sslrootcert=rds the server is verified, and sslmode=${PGSSLMODE} would not; write sslmode=verify-full`);
}

/** Names the database and server of an address for people, without user and password. */
export function addressForPeople(address: string): string {
  const { PGHOST = 'localhost', PGPORT = '', PGDATABASE = '' } = connectionOf(address);
  return placeNamed(PGDATABASE, PGHOST, PGPORT);
}
