/** A user and a group. */
export interface Identity {
  uid: number;
  gid: number;
}

/** Whom a server's programs run as, when not as ourselves: servers refuse to run as root, so these run as whom Debian calls nobody and nogroup. */
export function serverIdentity(): Identity | undefined {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
}
