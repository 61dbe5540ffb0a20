import type { Reference, ServerConnection } from '../../config/config.ts';
import { ConfigurationError } from '../../errors.ts';
import { hasScheme } from './database-url.ts';

type SecretConnection = Extract<ServerConnection, { secret: string }>;

/** Rules for the addresses of one product's databases. */
export interface AddressKind {
  /** Product's name, as in "of another engine than PostgreSQL". */
  product: string;
  /** Names that RDS gives it in a secret. */
  engines: readonly string[];
  /** Schemes of its URLs; we write the first. */
  schemes: readonly string[];
  port: number;
  /** Returns the parameters of a URL for these TLS settings. With `byToken`, the password is an IAM token. */
  tls(parts: { sslmode: string; sslrootcert: string; byToken: boolean }): Record<string, string>;
}

/** Parts of an address, not escaped. */
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
 * Builds the URL of a configured database, password included. Throws ConfigurationError if the secret is neither RDS's
 * JSON nor a URL, or if it lacks a value that the configuration lacks too; the message names the secret and the key,
 * and no value.
 */
export async function addressOf(kind: AddressKind, connection: ServerConnection, reveal: (reference: Reference) => Promise<string>): Promise<string> {
  if ('url' in connection) return reveal(connection.url);
  if ('secret' in connection) return addressInSecret(kind, await reveal({ secret: connection.secret }), connection);
  const { iam } = connection;
  // never without TLS: the server admits a token only with TLS, and must prove its identity before it gets one
  const password = await reveal({ iam: { host: iam.host, port: iam.port, user: iam.user } });
  return urlOf(kind, { ...iam, password, sslmode: 'verify-full' }, true);
}

function addressInSecret(kind: AddressKind, text: string, connection: SecretConnection): string {
  const { secret, host, port, database, sslmode, sslrootcert } = connection;
  if (hasScheme(kind.schemes, text)) {
    if (host ?? port ?? database) throw mistake(secret, 'holds a URL, which says host, port and database itself; take them out of the configuration');
    return text.trim();
  }
  const values = jsonOf(kind, text, secret);
  if (values.engine !== undefined && !kind.engines.includes(values.engine as string))
    throw mistake(secret, `is of another engine than ${kind.product}, says its key "engine"`);
  return urlOf(kind, {
    user: textIn(values, 'username', secret),
    password: textIn(values, 'password', secret),
    host: host ?? textIn(values, 'host', secret, 'host'),
    port: port ?? portIn(values, kind.port, secret),
    database: database ?? textIn(values, 'dbname', secret, 'database'),
    sslmode,
    sslrootcert,
  });
}

function jsonOf({ schemes }: AddressKind, text: string, secret: string): Record<string, unknown> {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    values = undefined; // no cause: it would quote the text
  }
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) return values as Record<string, unknown>;
  throw mistake(secret, `is neither the JSON object that RDS writes nor a URL that begins with ${schemes[0]}//`);
}

/** Reads a text. `option` names the configuration's setting that can replace it. */
function textIn(values: Record<string, unknown>, key: string, secret: string, option?: string): string {
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  if (typeof value === 'string' && value !== '' && value.isWellFormed()) return value;
  const instead = option === undefined ? '' : `, or write connection: { secret, ${option} }`;
  if (value === undefined) throw mistake(secret, `lacks the key "${key}"; add it${instead}`);
  throw mistake(secret, `has a key "${key}" that is no text or an empty one; correct it${instead}`);
}

function portIn(values: Record<string, unknown>, usual: number, secret: string): number {
  const { port = usual } = values;
  const number = Number(typeof port === 'string' && port.trim() === '' ? Number.NaN : port);
  if (['number', 'string'].includes(typeof port) && Number.isInteger(number) && number >= 1 && number <= 65_535) return number;
  throw mistake(secret, 'has a key "port" that is no port from 1 to 65535; correct it, or write connection: { secret, port }');
}

function mistake(secret: string, what: string): ConfigurationError {
  return new ConfigurationError(`the secret ${JSON.stringify(secret)} ${what}`);
}

function urlOf({ schemes, tls }: AddressKind, { host, port, user, password, database, ...rest }: Parts, byToken = false): string {
  const [shownUser, shownPassword, path] = [user, password, database].map(encodeURIComponent);
  const where = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  const query = Object.entries(tls({ ...rest, byToken })).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${schemes[0]}//${shownUser}:${shownPassword}@${where}:${port}/${path}?${query.join('&')}`;
}
