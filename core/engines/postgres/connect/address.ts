import type { Reference, ServerConnection } from '../../../config/config.ts';
import { type AddressKind, addressOf as addressOfKind } from '../../server/database-address.ts';
import { postgresCard } from '../card.ts';

const kind: AddressKind = {
  product: 'PostgreSQL',
  engines: ['postgres', 'postgresql', 'aurora-postgresql'],
  schemes: postgresCard.reach.schemes,
  port: postgresCard.reach.port,
  // other modes verify nothing
  tls: ({ sslmode, sslrootcert }) => ({ sslmode, ...(sslmode.startsWith('verify-') && { sslrootcert }) }),
};

/** Builds the URL of a configured PostgreSQL database, password included. */
export function addressOf(connection: ServerConnection, reveal: (reference: Reference) => Promise<string>): Promise<string> {
  return addressOfKind(kind, connection, reveal);
}
