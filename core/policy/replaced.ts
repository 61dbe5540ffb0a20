/** Ending of the names under which databases are backed up that a restore replaces. */
const suffix = '-replaced';

/** Such backups are kept five at a time, apart from those of the schedule. */
export const replacedKeep = { last: 5, weekly: 0, monthly: 0, yearly: 0 } as const;

/**
 * Returns the name under which replaced databases of this name are backed up. It is not the database's own, whose
 * newest backup must not be what somebody wanted to get rid of.
 */
export function replacedName(database: string): string {
  return `${database.replace(/-replaced$/, '').slice(0, 40 - suffix.length)}${suffix}`;
}

/** Returns true for a name under which replaced databases are backed up. A configured database may have one too. */
export function isReplacedName(database: string): boolean {
  return database.endsWith(suffix);
}
