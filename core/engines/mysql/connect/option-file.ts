import type { Family } from '../family.ts';
import type { Connection, TlsMode } from './connection.ts';

/**
 * Writes the file from which a client program learns how to connect, for `--defaults-file`: neither the process list
 * nor an environment holds a password. `[client]` has only options that every program of the family knows.
 * `authorities` is the path of a file; without it, nobody is verified.
 */
export function optionFileFor(family: Family, connection: Connection, authorities: string | undefined): string {
  const { host, port, socket, user, password, tls, certificate, key } = connection;
  const place = socket === undefined ? { host, port: String(port), protocol: 'TCP' } : { socket, protocol: 'SOCKET' };
  const options = {
    ...place,
    user,
    password,
    'default-character-set': 'utf8mb4',
    ...(family === 'mysql' ? tlsOfMysql(tls) : tlsOfMariadb(tls)),
    ...(tls.startsWith('VERIFY_') && authorities !== undefined && { 'ssl-ca': authorities }),
    ...(certificate !== undefined && { 'ssl-cert': certificate }),
    ...(key !== undefined && { 'ssl-key': key }),
    // MySQL's caching_sha2_password needs it without TLS; MariaDB's library asks for the key itself
    ...(family === 'mysql' && !tls.startsWith('VERIFY_') && { 'get-server-public-key': '1' }),
    ...(family === 'mysql' && connection.clearText && { 'enable-cleartext-plugin': '1' }),
  };
  return ['[client]', ...Object.entries(options).map(([name, value]) => `${name}=${quoted(value)}`), ''].join('\n');
}

function tlsOfMysql(tls: TlsMode): Record<string, string> {
  return { 'ssl-mode': tls };
}

/** MariaDB's client verifies both authority and name, or neither. */
function tlsOfMariadb(tls: TlsMode): Record<string, string> {
  if (tls === 'DISABLED') return { ssl: '0' };
  if (tls.startsWith('VERIFY_')) return { ssl: '1', 'ssl-verify-server-cert': '1' };
  return { ...(tls === 'REQUIRED' && { ssl: '1' }), 'ssl-verify-server-cert': '0' };
}

const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b' };

/**
 * Quotes a value for my_default.cc: between quotes `#` begins no comment and spaces stay; a backslash escapes (MySQL's
 * manual, "Using Option Files").
 */
function quoted(value: string): string {
  return `"${value.replace(/[\\"\n\r\t\b]/g, (letter) => escapes[letter] ?? letter)}"`;
}
