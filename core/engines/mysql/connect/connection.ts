import { ConfigurationError } from '../../../errors.ts';
import { partsOf, placeNamed, shown, type UrlKind } from '../../server/database-url.ts';
import { rdsAuthorities } from '../../server/rds-authorities.ts';
import { mysqlCard } from '../card.ts';

/** How far the server must prove who it is: MySQL's own words (manual, "Command Options for Encrypted Connections", --ssl-mode). */
const tlsModes = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'] as const;
export type TlsMode = (typeof tlsModes)[number];

/** Where a database is and as whom it is reached. */
export interface Connection {
  host: string;
  port: number;
  /** The path of a Unix socket, instead of host and port. */
  socket?: string;
  user: string;
  password: string;
  database: string;
  tls: TlsMode;
  /** The file of the authorities that may have signed the server's certificate, or `rds`. When it is not given: those that everybody knows, and those of RDS. */
  authorities?: string;
  /** Files by which we prove who we are. */
  certificate?: string;
  key?: string;
  /** The server is given the password itself, which only a token of IAM needs. */
  clearText: boolean;
}

const parameters = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key', 'socket', 'enable-cleartext-plugin'] as const;

const { example: form, port: usualPort, schemes } = mysqlCard.reach;
const kind: UrlKind = { product: 'MySQL or MariaDB', schemes, form, parameters };
const subject = `the address of a ${kind.product} database`;

/** An option file's line may have 4,095 bytes (mysys/my_default.cc), and each byte of a value may need two. */
const longestValue = 2000;

/**
 * The connection that `mysql://user:password@host:port/database?ssl-mode=…` names. The server must prove who it is unless it is on this machine or the address says otherwise. Throws a ConfigurationError that quotes
 * nothing of the address but the name of a parameter.
 */
export function connectionOf(address: string): Connection {
  const { host, port, user, password, database, parameters: given } = partsOf(address, kind);
  const said = Object.fromEntries(given) as Partial<Record<(typeof parameters)[number], string>>;
  if (database === '') throw new ConfigurationError(`${subject} names no database; write ${kind.form}`);
  if (/[\u{10000}-\u{10ffff}]/u.test(database))
    throw new ConfigurationError(`${subject} names a database with a character beyond U+FFFF, which no name can have`);
  if (user === '') throw new ConfigurationError(`${subject} names no user; write ${kind.form}`);
  if (port !== '' && Number(port) < 1) throw new ConfigurationError(`${subject} has the port ${shown(port)}; write a number from 1 to 65535`);
  const long = [user, password, database, ...Object.values(said)].find((value) => Buffer.byteLength(value) > longestValue);
  if (long !== undefined) throw new ConfigurationError(`${subject} has a part of more than ${longestValue} bytes, which no file of options can hold`);
  const { 'ssl-ca': authorities, 'ssl-cert': certificate, 'ssl-key': key, socket } = said;
  const tls = tlsOf(said['ssl-mode'], authorities, socket !== undefined || isHere(host));
  const clearText = said['enable-cleartext-plugin'] !== undefined;
  if (clearText && !tls.startsWith('VERIFY_'))
    throw new ConfigurationError(`${subject} has enable-cleartext-plugin, which is for servers that have proven who they are; write ssl-mode=VERIFY_IDENTITY`);
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

/** Nobody else can answer there. */
function isHere(host: string): boolean {
  return host === '' || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Where an address leads, for people: without user and password. */
export function placeOf(address: string): string {
  const { host, port, socket, database } = connectionOf(address);
  return socket === undefined ? placeNamed(database, host, port === usualPort ? '' : port) : `${database} at ${socket}`;
}
