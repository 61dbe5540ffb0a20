import type { Author } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import type { Config, Database } from '../../config/config.ts';
import type { Manifest } from '../../documents/manifest.ts';
import { cardOf } from '../../engines/cards.ts';
import { DatabaseBusyError, reasonOf } from '../../errors.ts';
import { runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { dump } from '../backup/dump.ts';
import { prove } from '../backup/prove.ts';
import { auditPublished, storeManifest } from '../backup/publish.ts';
import { removeUnencrypted } from '../backup/unencrypted.ts';
import { endIncident } from '../keeping/incident.ts';
import { rotate } from '../keeping/rotate.ts';
import { noteStanding } from '../keeping/standing.ts';

type ReplacingPlatform = With<'vault' | 'catalogue' | 'mailer' | 'notifier' | 'tools' | 'reveal' | 'scratch' | 'engines'>;

export interface Replacing extends Author {
  /** Backup that is about to be restored. */
  backup: Pick<Manifest, 'id' | 'database' | 'engine'>;
  /** Its target. */
  into: string;
  /** Names the execution of a run, where others must see whether its process lives. @default the run's id */
  executionOf?: ((run: string) => string) | undefined;
}

/** Backups of replaced databases are kept five at a time, apart from those of the schedule. */
const usual = { schedule: '', keep: { last: 5, weekly: 0, monthly: 0, yearly: 0 }, proof: 'every', compression: 'zstd' } as const;
const suffix = '-replaced';
/** Length of the lease, in hours. */
const leaseHours = 25;

/**
 * Returns the name under which replaced databases of this name are backed up. It is not the database's own, whose
 * newest backup must not be what somebody wanted to get rid of.
 */
export function replacedName(database: string): string {
  return `${database.replace(/-replaced$/, '').slice(0, 40 - suffix.length)}${suffix}`;
}

/**
 * Backs up and proves the database that a restore is about to replace, and returns the id. Opens no incident: whoever
 * restores sees the error. Throws the errors of a dump, and BackupRefutedError.
 */
export async function backUpReplaced(
  platform: ReplacingPlatform,
  { backup, into, by, claimed, executionOf }: Replacing,
  signal: AbortSignal,
): Promise<Backup['id']> {
  const { catalogue, clock } = platform;
  const database = replacedName(backup.database);
  const now = clock.now();
  const slot = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const id = runId(database, slot, 'manual');
  const own = { ...platform, config: configWith(platform.config, database, backup.engine, into) };
  const execution = executionOf?.(id) ?? id;
  const requested = { requestedBy: by, claimed, startedAt: now.toISOString(), execution };
  const run = { id, database, slot: slot.toISOString(), kind: 'manual', status: 'running', attempts: 0, ...requested } as const;
  const { opened } = await catalogue.runs.open(run, { leaseEnds: new Date(now.getTime() + leaseHours * 3_600_000), now, again: false });
  if (!opened) throw new DatabaseBusyError(`${id} is being made already; try again in a second`);
  try {
    // whoever restores has chosen the target: it is no sign of another database under a name
    const { identity: _, ...dumped } = await dump(own, { run: id, execution }, signal);
    const { engine, compression, dump: stored, scan } = dumped;
    const proof = await prove(own, { run: id, engine, compression, dump: stored, scan }, signal);
    const published = await storeManifest(own, run, dumped, proof, { reason: `replaced by the restore of ${backup.id}` });
    await catalogue.runs.end(run, { status: 'succeeded' }, clock.now());
    await auditPublished(platform, run, published);
  } catch (error) {
    await catalogue.runs.end(run, { status: 'failed', error: reasonOf(error) }, clock.now());
    throw error;
  } finally {
    await removeUnencrypted(platform, id);
  }
  await noteStanding(platform, database);
  await endIncident(platform, database, 'backup-failed');
  await rotate(own, { database, by: 'rotation', claimed: false });
  return id;
}

/** Returns the configuration with the target as a database of this name. */
function configWith(config: Config, name: string, engine: Database['engine'], into: string): Config {
  const card = cardOf(engine);
  const place = card.reach.by === 'file' ? { file: into } : { connection: { url: into } };
  const target = { ...card.database.parse({ engine, ...place }), ...usual } as Database;
  return { ...config, databases: { ...config.databases, [name]: target } };
}
