/** A user and a group. */
export interface Identity {
  uid: number;
  gid: number;
}

/**
 * Returns the user for a server's programs; undefined for our own. Servers refuse to run as root; then they run as
 * Debian's nobody and nogroup.
 */
export function serverIdentity(): Identity | undefined {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
}
