/** Returns true for a path of the console: a browser reads `//host` and `/\\host` as another site's address. */
export function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path);
}

/** Parts of an address by which a page says what was just done. */
const said = ['did', 'on'];

/** Returns a path of the console with these parts of its query set, without what was done before. */
export function pathWith(path: string, parts: Record<string, string> = {}): string {
  const address = new URL(path, 'http://console');
  for (const name of said) address.searchParams.delete(name);
  for (const [name, value] of Object.entries(parts)) address.searchParams.set(name, value);
  return `${address.pathname}${address.search}`;
}
