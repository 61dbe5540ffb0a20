import type { DatabaseOf, Reference } from '../../../config/config.ts';
import { type AddressKind, addressOf as addressOfKind } from '../../server/database-address.ts';
import { mysqlCard } from '../card.ts';
import type { TlsMode } from './connection.ts';

/** The configuration's words for MySQL's. */
const modes: Record<string, TlsMode> = { disable: 'DISABLED', require: 'REQUIRED', 'verify-ca': 'VERIFY_CA', 'verify-full': 'VERIFY_IDENTITY' };

const kind: AddressKind = {
  product: 'MySQL or MariaDB',
  engines: ['mysql', 'mariadb', 'aurora-mysql', 'aurora'],
  schemes: mysqlCard.reach.schemes,
  port: mysqlCard.reach.port,
  tls: ({ sslmode, sslrootcert, byToken }) => ({
    'ssl-mode': modes[sslmode] ?? 'VERIFY_IDENTITY',
    ...(sslmode.startsWith('verify-') && { 'ssl-ca': sslrootcert }),
    ...(byToken && { 'enable-cleartext-plugin': '1' }),
  }),
};

/** The address of a configured database of MySQL or MariaDB as a URL, its password in it. */
export function addressOf(connection: DatabaseOf<'mysql'>['connection'], reveal: (reference: Reference) => Promise<string>): Promise<string> {
  return addressOfKind(kind, connection, reveal);
}
