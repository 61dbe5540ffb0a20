import type { Flaw } from '../../../documents/flaw.ts';
import type { Scan } from '../../../documents/scan.ts';
import type { OpenedBackup, Work } from '../../engine.ts';
import { unscheduled } from '../../rehearsal.ts';
import { postgresCard, postgresMajor } from '../card.ts';
import { restore } from '../restore/restore.ts';
import { identifier } from '../sql-text.ts';
import { serverFor } from './cluster.ts';
import { prepare } from './prepare.ts';
import { majorOf } from './proof-context.ts';
import { restorer, ScratchDatabase } from './scratch-database.ts';

/**
 * Restores into a server of our own, of the source's major version if that can be had, which everybody reaches who may
 * enter the folder of its socket. Statements that do not run are left out, and are among the notes. The user is no
 * superuser, so that code in the backup runs with few rights while somebody looks.
 */
export async function open(dump: () => AsyncIterable<Uint8Array>, scan: Scan, flaws: readonly Flaw[], work: Work): Promise<OpenedBackup> {
  const major = majorOf(scan);
  const own = await work.tools.older('postgres', major, work.signal);
  const programs = own ? { major, launch: own } : { major: postgresMajor, launch: await work.tools.server('postgres', work.signal) };
  const psql = await work.tools.client('psql', work.signal);
  const { server, lacking } = await serverFor(scan, programs, work);
  try {
    const scratch = new ScratchDatabase(server, psql, work, programs.major);
    const notes = [...lacking];
    notes.push(...(await prepare({ scratch, open: dump, expected: scan }, (difference) => notes.push(difference))));
    const address = `postgres:///${scratch.name}?host=${encodeURIComponent(server.host)}&port=${server.port}&user=${restorer}`;
    const target = { into: address, force: true, withoutOwners: true, without: flaws, tolerant: true, now: new Date() };
    const restored = await restore(dump, scan, target, { ...work, warn: () => undefined }); // extensions are there already
    return {
      address,
      command: `psql '${address}'`,
      tables: restored.tables,
      rows: restored.rows,
      notes: [...notes, ...restored.notes],
      ended: server.ended,
      narrow: async ({ tables, schemas }) => {
        const options = ['--no-owner', '--no-privileges']; // they are this server's
        const include = schemas.length > 0 ? { schemas: schemas.map(identifier) } : { tables };
        return { ...postgresCard.database.parse({ engine: 'postgres', connection: { url: address }, include, options }), ...unscheduled };
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
