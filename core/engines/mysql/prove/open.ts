import type { Flaw } from '../../../documents/flaw.ts';
import type { Scan } from '../../../documents/scan.ts';
import type { OpenedBackup, Work } from '../../engine.ts';
import { restore } from '../restore/restore.ts';
import { narrow } from './narrow.ts';
import { prepare } from './prepare.ts';
import { startFor } from './prove.ts';
import { restorer, ScratchDatabase } from './scratch-database.ts';

/** The family's own clients, and the option without which they ask for TLS. */
const clients = { mysql: 'mysql --no-defaults --ssl-mode=DISABLED', mariadb: 'mariadb --no-defaults --skip-ssl' };

/**
 * Restores into a server of our own of the same family, which everybody reaches who may enter the folder of its socket.
 * The user has rights on the restored database alone, under its name at the source.
 */
export async function open(dump: () => AsyncIterable<Uint8Array>, scan: Scan, flaws: readonly Flaw[], work: Work): Promise<OpenedBackup> {
  const { server, source } = await startFor(scan, work);
  try {
    await using scratch = await ScratchDatabase.open(server, source.database, work);
    const missing = await prepare(scratch, source);
    const address = `mysql://${restorer}@localhost/${encodeURIComponent(source.database)}?socket=${encodeURIComponent(server.socket)}&ssl-mode=DISABLED`;
    const restored = await restore(dump, scan, { into: address, force: true, withoutOwners: true, without: flaws, now: new Date() }, work);
    return {
      address,
      command: `${clients[server.family]} --socket='${server.socket}' --user=${restorer} '${source.database.replaceAll("'", `'\\''`)}'`,
      tables: restored.tables,
      rows: restored.rows,
      notes: [...missing, ...restored.notes],
      ended: server.ended,
      narrow: ({ tables }) => narrow(address, tables, work),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
