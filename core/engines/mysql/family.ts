import type { Client } from '../../programs/tools.ts';

/**
 * MySQL or MariaDB: one protocol, two products, each with its own tools. A tool of one writes dumps of the other that
 * do not restore, and gives no warning.
 */
export type Family = 'mysql' | 'mariadb';

/** Names of the products, as they write them. */
export const productOf: Record<Family, string> = { mysql: 'MySQL', mariadb: 'MariaDB' };

export const clientOf = { mysql: 'mysql', mariadb: 'mariadb' } as const satisfies Record<Family, Client>;
export const dumpToolOf = { mysql: 'mysqldump', mariadb: 'mariadb-dump' } as const satisfies Record<Family, Client>;

/** Returns the family of a product that a scan names. */
export function familyOf(product: string): Family {
  return product === productOf.mariadb ? 'mariadb' : 'mysql';
}
