import { ConfigurationError } from '../../../errors.ts';
import { partsOf, placeNamed, shown, type UrlKind } from '../../server/database-url.ts';
import { rdsAuthorities } from '../../server/rds-authorities.ts';
import { postgresCard } from '../card.ts';

/** libpq's parameters, by the names of its environment variables (documentation, 32.15). */
export type Connection = Record<string, string>;

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

const kind: UrlKind = {
  product: 'PostgreSQL',
  schemes: postgresCard.reach.schemes,
  form: postgresCard.reach.example,
  parameters: Object.keys(parameters),
};

/**
 * The connection that `postgres://user:password@host:port/database?sslmode=…` names. It travels in the environment, where libpq takes a name as it is: as an argument `-Fp` would be an option and `a=b` a connection string.
 * Throws a ConfigurationError that quotes nothing of the URL but the name of a parameter.
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
  // libpq takes a list when there are several hosts; an empty one is the usual port
  const odd = (connection.PGPORT ?? '').split(',').find((port) => port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535));
  if (odd !== undefined) throw new ConfigurationError(`the address of a PostgreSQL database has the port ${shown(odd)}; write a number from 1 to 65535`);
  const { PGSSLROOTCERT, PGSSLMODE = 'verify-full' } = connection;
  if (PGSSLROOTCERT === rdsAuthorities && !PGSSLMODE.startsWith('verify-'))
    throw new ConfigurationError(`with sslrootcert=rds the server is verified, and sslmode=${PGSSLMODE} would not; write sslmode=verify-full`);
}

/** Where an address leads, for people: without user and password. */
export function placeOf(address: string): string {
  const { PGHOST = 'localhost', PGPORT = '', PGDATABASE = '' } = connectionOf(address);
  return placeNamed(PGDATABASE, PGHOST, PGPORT);
}
