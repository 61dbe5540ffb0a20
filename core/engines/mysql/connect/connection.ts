import { ConfigurationError } from '../../../errors.ts';
import { ofAnyClient, partsOf, placeNamed, shown, type UrlKind } from '../../server/database-url.ts';
import { rdsAuthorities } from '../../server/rds-authorities.ts';
import { mysqlCard } from '../card.ts';

/**
 * Degrees to which the server must prove its identity, in MySQL's own words (manual, "Command Options for Encrypted
 * Connections", --ssl-mode).
 */
const tlsModes = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'] as const;
export type TlsMode = (typeof tlsModes)[number];

/** Place of a database, and the user who connects to it. */
export interface Connection {
  host: string;
  port: number;
  /** Path of a Unix socket, instead of host and port. */
  socket?: string;
  user: string;
  password: string;
  database: string;
  tls: TlsMode;
  /**
   * File of the certificate authorities that may have signed the server's certificate, or `rds`. By default the
   * well-known ones and those of RDS.
   */
  authorities?: string;
  /** Files with the client's certificate and key. */
  certificate?: string;
  key?: string;
  /** True if the password itself may be sent to the server, which only an IAM token needs. */
  clearText: boolean;
}

const parameters = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key', 'socket', 'enable-cleartext-plugin'] as const;

/** Parameters of applications that say how they work with a connection. */
const passedOver = [
  ...ofAnyClient,
  ...[
    'collation',
    'timeout',
    'readTimeout',
    'writeTimeout',
    'connectTimeout',
    'parseTime',
    'loc',
    'reconnect',
    'useUnicode',
    'characterEncoding',
    'serverTimezone',
  ],
];

const { example: form, port: usualPort, schemes } = mysqlCard.reach;
const kind: UrlKind = { product: 'MySQL or MariaDB', schemes, form, parameters, passedOver };
const subject = `the address of a ${kind.product} database`;

/**
 * Longest value in bytes. A line of an option file may have 4,095 bytes (mysys/my_default.cc), and each byte of a value
 * may need two.
 */
const longestValue = 2000;

/**
 * Parses `mysql://user:password@host:port/database?ssl-mode=…` into a connection. The server must prove its identity
 * unless it is on this machine or the address says otherwise.
 * Throws ConfigurationError if the address is wrong; the message quotes nothing of the address but the name of a
 * parameter.
 */
export function connectionOf(address: string): Connection {
  const { host, port, user, password, database, parameters: given } = partsOf(address, kind);
  const said = Object.fromEntries(given) as Partial<Record<(typeof parameters)[number], string>>;
  if (database === '') throw new ConfigurationError(`${subject} names no database; write ${kind.form}`);
  if (/[\u{10000}-\u{10ffff}]/u.test(database))
    throw new ConfigurationError(`${subject} names a database with a character beyond U+FFFF, which no name can have`);
  if (host.includes(',')) throw new ConfigurationError(`${subject} names several hosts; write the one to back up from`);
  if (user === '') throw new ConfigurationError(`${subject} names no user; write ${kind.form}`);
  if (port !== '' && Number(port) < 1) throw new ConfigurationError(`${subject} has the port ${shown(port)}; write a number from 1 to 65535`);
  const long = [user, password, database, ...Object.values(said)].find((value) => Buffer.byteLength(value) > longestValue);
  if (long !== undefined) throw new ConfigurationError(`${subject} has a part of more than ${longestValue} bytes, which no option file can hold`);
  const { 'ssl-ca': authorities, 'ssl-cert': certificate, 'ssl-key': key, socket } = said;
  const tls = tlsOf(said['ssl-mode'], authorities, socket !== undefined || isHere(host));
  const clearText = said['enable-cleartext-plugin'] !== undefined;
  if (clearText && !tls.startsWith('VERIFY_'))
    throw new ConfigurationError(`${subject} has enable-cleartext-plugin, which needs a server whose identity is verified; write ssl-mode=VERIFY_IDENTITY`);
  return {
    host: host || 'localhost',
    port: Number(port || usualPort),
    ...(socket !== undefined && { socket }),
    user,
    password,
    database,
    tls,
    ...(authorities !== undefined && { authorities }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
    clearText,
  };
}

function tlsOf(mode: string | undefined, authorities: string | undefined, isNear: boolean): TlsMode {
  if (mode === undefined) return isNear && authorities === undefined ? 'PREFERRED' : 'VERIFY_IDENTITY';
  const known = tlsModes.find((each) => each === mode.toUpperCase());
  if (!known) throw new ConfigurationError(`${subject} has ssl-mode=${shown(mode)}, which is not known; write ${tlsModes.join(', ')}`);
  if (authorities !== undefined && !known.startsWith('VERIFY_'))
    throw new ConfigurationError(
      `with ssl-ca=${authorities === rdsAuthorities ? 'rds' : '…'} the server is verified, and ssl-mode=${known} would not; write ssl-mode=VERIFY_IDENTITY`,
    );
  return known;
}

/** Returns true for this machine, where no other server can answer. */
function isHere(host: string): boolean {
  return host === '' || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Names the database and server of an address for people, without user and password. */
export function addressForPeople(address: string): string {
  const { host, port, socket, database } = connectionOf(address);
  return socket === undefined ? placeNamed(database, host, port === usualPort ? '' : port) : `${database} at ${socket}`;
}
