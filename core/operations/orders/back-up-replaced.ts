import type { Author } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import type { Run } from '../../catalogue/runs.ts';
import type { Config, Database } from '../../config/config.ts';
import type { DumpOutput } from '../../documents/dump-output.ts';
import type { Manifest } from '../../documents/manifest.ts';
import { cardOf } from '../../engines/cards.ts';
import { DatabaseBusyError, RefusedError, reasonOf } from '../../errors.ts';
import { partsOfRunId, replacedName, runId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { dump, storeDump } from '../backup/dump.ts';
import { prove } from '../backup/prove.ts';
import { auditPublished, storeManifest } from '../backup/publish.ts';
import { removeUnencrypted } from '../backup/unencrypted.ts';
import { endIncident } from '../keeping/incident.ts';
import { replacedKeep, rotate } from '../keeping/rotate.ts';
import { noteStanding } from '../keeping/standing.ts';
import { withOwnAddress } from './own-address.ts';

type ReplacingPlatform = With<'vault' | 'catalogue' | 'mailer' | 'notifier' | 'tools' | 'reveal' | 'scratch' | 'engines'>;

export interface Replacing extends Author {
  /** Backup that is about to be restored. */
  backup: Pick<Manifest, 'id' | 'database' | 'engine'>;
  /** Its target. */
  into: string;
  /** Names the execution of a run, where others must see whether its process lives. @default the run's id */
  executionOf?: ((run: string) => string) | undefined;
}

/** Settings of the database that is replaced, as far as its address does not say them. */
const usual = { schedule: '', keep: replacedKeep, proof: 'every', compression: 'zstd' } as const;
/** Length of the lease, in hours. */
const leaseHours = 25;

/**
 * Opens the run that backs up what a restore replaces. Idempotent for the same execution. Throws DatabaseBusyError
 * while another restore of the database's backups does the same.
 */
export async function openReplaced(
  { catalogue, clock }: With<'catalogue'>,
  { backup, slot, execution, by, claimed }: Author & { backup: Pick<Manifest, 'database'>; slot: Date; execution(run: string): string },
): Promise<Run> {
  const database = replacedName(backup.database);
  const id = runId(database, slot, 'manual');
  const now = clock.now();
  const requested = { requestedBy: by, claimed, startedAt: now.toISOString(), execution: execution(id) };
  const run = { id, database, slot: slot.toISOString(), kind: 'manual', status: 'running', attempts: 0, ...requested } as const;
  const { opened } = await catalogue.runs.open(run, { leaseEnds: new Date(now.getTime() + leaseHours * 3_600_000), now, again: false });
  if (!opened) throw new DatabaseBusyError(`${id} is being made already; try again in a second`);
  return run;
}

/** Dumps the database that a restore replaces for such a run, and records nothing. Throws the errors of a dump. */
export async function dumpReplaced(
  platform: With<'vault' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
  { run, engine, into }: { run: string; engine: Database['engine']; into: string },
  signal: AbortSignal,
): Promise<DumpOutput> {
  const database = partsOfRunId(run)?.database ?? run;
  const replaced = { ...platform, config: configWith(platform.config, database, engine, into), reveal: withOwnAddress(platform.reveal) };
  return withoutIdentity(await storeDump(replaced, { run, attempt: 1 }, signal));
}

/** Whoever restores has chosen the target: it is no sign of another database under a name. */
function withoutIdentity({ identity: _, ...dumped }: DumpOutput): DumpOutput {
  return dumped;
}

/** Returns the reason that the manifest of what was replaced gives. */
export function replacedBy(backup: string): string {
  return `replaced by the restore of ${backup}`;
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
  const slot = new Date(Math.floor(clock.now().getTime() / 1000) * 1000);
  const run = await openReplaced(platform, { backup, slot, execution: executionOf ?? ((id) => id), by, claimed });
  const { database, execution, id } = run;
  const own = { ...platform, config: configWith(platform.config, database, backup.engine, into) };
  try {
    const dumped = withoutIdentity(await dump(own, { run: id, execution }, signal));
    const { engine, compression, dump: stored, scan } = dumped;
    const proof = await prove(own, { run: id, engine, compression, dump: stored, scan }, signal);
    const published = await storeManifest(own, run, dumped, proof, { reason: replacedBy(backup.id) });
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

/** Makes the refusal of a restore because what it would replace could not be backed up, for this reason. */
export function notBackedUp(reason: string, cause?: unknown): RefusedError {
  return new RefusedError(
    `the database that would be replaced could not be backed up first: ${reason.replace(/\.$/, '')}. Nothing was changed. Mend that, or repeat with --no-backup to replace it all the same`,
    { cause },
  );
}
