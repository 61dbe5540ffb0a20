/** A name as SQL has it, whatever it holds. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A string as SQL has it where backslashes escape, which is everywhere but in the mode NO_BACKSLASH_ESCAPES. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** `user@host` as SQL has it. A user's name can hold an `@`, a host cannot. */
export function accountName(account: string): string {
  const at = account.lastIndexOf('@');
  return `${literal(account.slice(0, at))}@${literal(account.slice(at + 1))}`;
}
