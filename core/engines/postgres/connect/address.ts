import type { Reference, ServerConnection } from '../../../config/config.ts';
import { type AddressKind, addressOf as addressOfKind } from '../../server/database-address.ts';
import { postgresCard } from '../card.ts';

const kind: AddressKind = {
  product: 'PostgreSQL',
  engines: ['postgres', 'postgresql', 'aurora-postgresql'],
  schemes: postgresCard.reach.schemes,
  port: postgresCard.reach.port,
  // the others verify nothing
  tls: ({ sslmode, sslrootcert }) => ({ sslmode, ...(sslmode.startsWith('verify-') && { sslrootcert }) }),
};

/** The address of a configured PostgreSQL database as a URL, its password in it. */
export function addressOf(connection: ServerConnection, reveal: (reference: Reference) => Promise<string>): Promise<string> {
  return addressOfKind(kind, connection, reveal);
}
