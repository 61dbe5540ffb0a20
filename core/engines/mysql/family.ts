import { mysqlCard } from './card.ts';

type Product = (typeof mysqlCard)['products'][number];

/**
 * MySQL or MariaDB: one protocol, two products, each with its own tools. A tool of one writes dumps of the other that
 * do not restore, and gives no warning.
 */
export type Family = Product['family'];

const [mysql, mariadb] = mysqlCard.products;

/** Names of the products, as they write them. */
export const productOf: Record<Family, string> = { mysql: mysql.name, mariadb: mariadb.name };

type Clients = Product['programs']['clients'];
export const clientOf: Record<Family, Clients['session']> = { mysql: mysql.programs.clients.session, mariadb: mariadb.programs.clients.session };
export const dumpToolOf: Record<Family, Clients['dump']> = { mysql: mysql.programs.clients.dump, mariadb: mariadb.programs.clients.dump };

/** Returns the family of a product that a scan names. */
export function familyOf(product: string): Family {
  return product === productOf.mariadb ? 'mariadb' : 'mysql';
}
