import type { PostgresConnection, Reference } from '../../config.ts';
import { ConfigurationError } from '../../errors.ts';

type SecretConnection = Extract<PostgresConnection, { secret: string }>;

/** The parts of an address as they are, not escaped. */
interface Parts {
  host: string;
  port: number | string;
  user: string;
  password: string;
  database: string;
  sslmode: string;
  sslrootcert: string;
}

/**
 * The address of a configured database as a URL, its password in it. A secret that is not RDS's JSON, nor a URL, or lacks what the configuration does not say either is a ConfigurationError
 * that names the secret and the key and holds no value.
 */
export async function addressOf(connection: PostgresConnection, reveal: (reference: Reference) => Promise<string>): Promise<string> {
  if ('url' in connection) return reveal(connection.url);
  if ('secret' in connection) return addressInSecret(await reveal({ secret: connection.secret }), connection);
  const { iam } = connection;
  // never without TLS: the server admits a token only so, and the server is proven before it gets one
  return urlOf({ ...iam, password: await reveal({ iam: { host: iam.host, port: iam.port, user: iam.user } }), sslmode: 'verify-full' });
}

function addressInSecret(text: string, connection: SecretConnection): string {
  const { secret, host, port, database, sslmode, sslrootcert } = connection;
  if (/^postgres(ql)?:\/\//.test(text.trim())) {
    if (host ?? port ?? database) throw mistake(secret, 'holds a URL, which says host, port and database itself; take them out of the configuration');
    return text.trim();
  }
  const values = jsonOf(text, secret);
  if (!['postgres', 'postgresql', 'aurora-postgresql', undefined].includes(values.engine as string | undefined))
    throw mistake(secret, 'is of another engine than PostgreSQL, says its key "engine"');
  return urlOf({
    user: textIn(values, 'username', secret),
    password: textIn(values, 'password', secret),
    host: host ?? textIn(values, 'host', secret, 'host'),
    port: port ?? portIn(values, secret),
    database: database ?? textIn(values, 'dbname', secret, 'database'),
    sslmode,
    sslrootcert,
  });
}

function jsonOf(text: string, secret: string): Record<string, unknown> {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    values = undefined; // no cause: it would quote the text
  }
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) return values as Record<string, unknown>;
  throw mistake(secret, 'is neither the JSON object that RDS writes nor a URL that begins with postgres://');
}

/** `option` is where the configuration can say it instead. */
function textIn(values: Record<string, unknown>, key: string, secret: string, option?: string): string {
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  if (typeof value === 'string' && value !== '' && value.isWellFormed()) return value;
  const instead = option === undefined ? '' : `, or write connection: { secret, ${option} }`;
  if (value === undefined) throw mistake(secret, `lacks the key "${key}"; add it${instead}`);
  throw mistake(secret, `has a key "${key}" that is no text or an empty one; correct it${instead}`);
}

function portIn({ port = 5432 }: Record<string, unknown>, secret: string): number {
  const number = Number(typeof port === 'string' && port.trim() === '' ? Number.NaN : port);
  if (['number', 'string'].includes(typeof port) && Number.isInteger(number) && number >= 1 && number <= 65_535) return number;
  throw mistake(secret, 'has a key "port" that is no port from 1 to 65535; correct it, or write connection: { secret, port }');
}

function mistake(secret: string, what: string): ConfigurationError {
  return new ConfigurationError(`the secret ${JSON.stringify(secret)} ${what}`);
}

function urlOf({ host, port, user, password, database, sslmode, sslrootcert }: Parts): string {
  const [shownUser, shownPassword, path, roots] = [user, password, database, sslrootcert].map(encodeURIComponent);
  const where = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  const tls = sslmode.startsWith('verify-') ? `&sslrootcert=${roots}` : ''; // the others verify nothing
  return `postgres://${shownUser}:${shownPassword}@${where}:${port}/${path}?sslmode=${sslmode}${tls}`;
}
