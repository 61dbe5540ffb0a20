/** Returns true if a server's version is newer than `major` or `major.minor` of our programs. */
export function isNewer(version: string, programs: string): boolean {
  const [server, ours] = [version, programs].map((text) => (/\d+(\.\d+)*/.exec(text)?.[0] ?? '').split('.').map(Number));
  for (const [place, number] of (ours ?? []).entries()) {
    const difference = (server?.[place] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return false;
}
