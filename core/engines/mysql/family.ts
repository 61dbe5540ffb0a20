import type { Client } from '../../programs/tools.ts';

/** MySQL and MariaDB: one protocol, two products, each with its own tools. A tool of the one writes dumps of the other that do not restore, and says nothing. */
export type Family = 'mysql' | 'mariadb';

/** As they call themselves. */
export const productOf: Record<Family, string> = { mysql: 'MySQL', mariadb: 'MariaDB' };

export const clientOf = { mysql: 'mysql', mariadb: 'mariadb' } as const satisfies Record<Family, Client>;
export const dumpToolOf = { mysql: 'mysqldump', mariadb: 'mariadb-dump' } as const satisfies Record<Family, Client>;

/** The family of a product as a scan names it. */
export function familyOf(product: string): Family {
  return product === productOf.mariadb ? 'mariadb' : 'mysql';
}
