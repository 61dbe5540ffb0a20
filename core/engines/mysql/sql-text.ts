import type { Family } from './family.ts';

/** Quotes a name for SQL, whatever it holds. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Quotes a string for SQL in which backslashes escape: everywhere but in the mode NO_BACKSLASH_ESCAPES. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** Quotes `user@host` for SQL. A user's name can hold an `@`, a host cannot. */
export function accountName(account: string): string {
  const at = account.lastIndexOf('@');
  return `${literal(account.slice(0, at))}@${literal(account.slice(at + 1))}`;
}

/** Quotes `user@host`, a role of MariaDB (`reader@`), or MariaDB's name for everybody (`PUBLIC@`). */
export function grantee(account: string, family: Family): string {
  if (family === 'mysql' || !account.endsWith('@')) return accountName(account);
  return account === 'PUBLIC@' ? 'PUBLIC' : literal(account.slice(0, -1));
}

/** Escapes a database's name for a grant, in which `_` and `%` would be wildcards. */
export function patternOf(name: string): string {
  return name.replace(/[_%\\]/g, '\\$&');
}

/** Returns the name that such a pattern means; wildcards count as letters. */
export function unescaped(pattern: string): string {
  return pattern.replace(/\\([_%\\])/g, '$1');
}
