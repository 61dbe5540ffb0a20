import type { DatabaseOf, Reference } from '../../../config/config.ts';
import { type AddressKind, addressOf as addressOfKind } from '../../server/database-address.ts';
import { mysqlCard } from '../card.ts';
import type { TlsMode } from './connection.ts';

/** MySQL's words for those of the configuration. */
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

/** Builds the URL of a configured MySQL or MariaDB database, password included. */
export function addressOf(connection: DatabaseOf<'mysql'>['connection'], reveal: (reference: Reference) => Promise<string>): Promise<string> {
  return addressOfKind(kind, connection, reveal);
}
