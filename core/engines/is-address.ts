/**
 * Returns true for text that begins as the address of a server does, mistyped ones too: it may hold a password, which a
 * file's path does not.
 */
export function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\//i.test(text);
}
