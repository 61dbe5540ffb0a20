import { ConfigurationError } from '../../errors.ts';

/** Rules for the URLs of one product. */
export interface UrlKind {
  /** Product's name, as in "the address of a PostgreSQL database". */
  product: string;
  /** Schemes, with their colons. */
  schemes: readonly string[];
  /** An example. */
  form: string;
  /** Known parameters. */
  parameters: readonly string[];
  /** Parameters of applications' own clients, which say nothing of the server or of TLS, and are passed over. */
  passedOver: readonly string[];
}

/** Parameters that clients of several products have. */
export const ofAnyClient = [
  ...['pool', 'pool_size', 'pool_timeout', 'max_pool_size', 'min_pool_size', 'connection_limit', 'connect_timeout', 'socket_timeout', 'statement_cache_size'],
  ...['prepared_statements', 'serverVersion', 'charset', 'encoding', 'timezone'],
] as const;

/** Unescaped parts of a URL; missing ones are empty. */
export interface UrlParts {
  host: string;
  port: string;
  user: string;
  password: string;
  database: string;
  parameters: [string, string][];
}

/**
 * Parses the URL of a database server. Throws ConfigurationError if it is wrong; the message quotes nothing of the URL
 * but the name of a parameter.
 */
export function partsOf(address: string, { product, schemes, form, parameters, passedOver }: UrlKind): UrlParts {
  const subject = `the address of a ${product} database`;
  const { text, hosts } = withOneHost(address);
  const url = hasScheme(schemes, text) ? URL.parse(text) : null;
  if (!url?.href.startsWith(`${url.protocol}//`)) {
    const isUnescaped = /\/\/[^@]*[/?#].*@/s.test(text);
    throw new ConfigurationError(
      `${subject} is not a URL; write ${form}${isUnescaped ? ', with %2F, %3F or %23 for a "/", "?" or "#" in a user, password or database' : ''}`,
    );
  }
  // text after a "/", "?" or "#" in a password would be taken for the database or a parameter, and be shown
  if (url.hash !== '' || /@/.test(url.pathname + url.search))
    throw new ConfigurationError(`${subject} has a "/", "?", "#" or "@" that must be escaped: write %2F, %3F, %23 or %40 in a user, password or database`);
  const decode = (text: string) => decoded(text, subject);
  const pairs = pairsOf(url).filter(([name]) => !passedOver.includes(name));
  return {
    host: decode(hosts?.names ?? url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: hosts?.ports ?? url.port,
    user: decode(url.username),
    password: decode(url.password),
    database: decode(url.pathname.slice(1)),
    parameters: pairs.map(([name, value, isPair]) => {
      if (parameters.includes(name)) return [name, decode(value)];
      const shown = /^[a-z_-]{1,40}$/.test(name) && isPair ? `: ${name}` : '';
      throw new ConfigurationError(`${subject} has a parameter that is not known${shown}; known are ${parameters.join(', ')}`);
    }),
  };
}

/**
 * Returns true if the text begins with one of the schemes. The driver that SQLAlchemy adds to a scheme, as in
 * `postgresql+psycopg:`, is passed over.
 */
export function hasScheme(schemes: readonly string[], text: string): boolean {
  const [, scheme = ''] = /^\s*(\w+)(?:\+\w+)?:/.exec(text) ?? [];
  return schemes.includes(`${scheme.toLowerCase()}:`);
}

/** Returns the database that a URL names, as it is written; empty if that may be a part of a password. */
export function databaseIn(address: string): string {
  const path = URL.parse(withOneHost(address).text)?.pathname ?? '';
  return path.includes('@') ? '' : path;
}

const host = String.raw`(?:\[[^\]]*\]|[^,:]*)(?::\d*)?`;
const severalHosts = new RegExp(`^${host}(?:,${host})+$`);

/**
 * Replaces what libpq takes for hosts and a URL does not: several with commas between them, each with its port, or none
 * behind a user, where a socket is meant. Lists them as libpq's variables do.
 */
function withOneHost(address: string): { text: string; hosts?: { names: string; ports: string } } {
  const [whole = '', before = '', hosts = ''] = /^(\s*[\w+]+:\/\/(?:[^/?#]*@)?)([^/?#@]*)/.exec(address) ?? [];
  const isNone = hosts === '' && before.endsWith('@');
  if (!isNone && !severalHosts.test(hosts)) return { text: address };
  const each = hosts.split(',').map((text) => /^\[?(.*?)\]?(?::(\d*))?$/.exec(text) ?? []);
  const names = each.map(([, name = '']) => name);
  const ports = each.map(([, , port = '']) => port);
  return { text: `${before}several${address.slice(whole.length)}`, hosts: { names: names.join(','), ports: ports.some(Boolean) ? ports.join(',') : '' } };
}

/** Shows a word or a number. Hides everything else, which may be part of a password that was not escaped. */
export function shown(given: string): string {
  return /^[a-z0-9-]{1,20}$/.test(given) ? given : '… (not shown)';
}

/** Names the database and server of an address for people, without user and password. */
export function placeNamed(database: string, host: string, port: number | string): string {
  return `${database} at ${host.includes(':') ? `[${host}]` : host}${port ? `:${port}` : ''}`;
}

/** Splits the query into pairs. It is no form: a "+" is a "+". */
function pairsOf(url: URL): [string, string, boolean][] {
  const pairs = url.search.slice(1).split('&').filter(Boolean);
  return pairs.map((pair) => {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    return [name, value, pair.includes('=')];
  });
}

function decoded(text: string, subject: string): string {
  const plain = decodedOrNothing(text);
  if (plain === undefined) throw new ConfigurationError(`${subject} has a "%" that begins no escape; write it as %25`);
  // no environment or option file can hold it, and Node's error would quote the value
  if (plain.includes('\0')) throw new ConfigurationError(`${subject} has a zero byte (%00), which no name or password can hold`);
  return plain;
}

function decodedOrNothing(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
