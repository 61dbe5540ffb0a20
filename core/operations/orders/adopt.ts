import { lstat, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ForeignFile, limited, openForeignFile, openForeignFolder } from '../../bytes/foreign-file.ts';
import { storageError } from '../../bytes/storage-error.ts';
import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import type { Run } from '../../catalogue/runs.ts';
import { databaseOf } from '../../config/database-of.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { rowsOf, type Scan } from '../../documents/scan.ts';
import type { Card } from '../../engines/card.ts';
import { cardOf, cards, type EngineName } from '../../engines/cards.ts';
import { dumpUnderWay } from '../../engines/dump-under-way.ts';
import type { ForeignDump } from '../../engines/engine.ts';
import { ConfigurationError, DatabaseBusyError, DumpMalformedError, RefusedError, reasonOf } from '../../errors.ts';
import { runId, stampOf, stemOf } from '../../names.ts';
import type { With } from '../../platform.ts';
import { explain } from '../../policy/retention.ts';
import { dump } from '../backup/dump.ts';
import { engineOf } from '../backup/engine-of.ts';
import { prove } from '../backup/prove.ts';
import { auditPublished, storeManifest } from '../backup/publish.ts';
import { removeUnencrypted } from '../backup/unencrypted.ts';
import { workFor } from '../backup/work.ts';
import { planRotation } from '../keeping/rotate.ts';
import { refuseOtherVault } from '../keeping/soundness.ts';
import { noteStanding } from '../keeping/standing.ts';

type AdoptPlatform = With<'vault' | 'catalogue' | 'tools' | 'reveal' | 'scratch' | 'engines'>;

export interface AdoptInput extends Author {
  database: string;
  /** Path of a dump that others have made: of a file, or of a folder that is one dump. */
  file: string;
  /** Largest number of bytes of a dump, decompressed. @default half of the free space of the scratch folder */
  largest?: number | undefined;
  /** Reads and judges the file, and keeps nothing of it. @default false */
  dryRun?: boolean | undefined;
  /** Names the execution of a run, where others must see whether its process lives. @default the run's id */
  executionOf?: ((run: string) => string) | undefined;
}

export interface Adoption {
  /** Id of the backup that the dump is, or with `dryRun` would be. */
  backup: Backup['id'];
  tables: number;
  rows: number;
  /** Missing with `dryRun`, which proves nothing. */
  verdict?: Backup['proof']['verdict'];
  /** Reason for which the next rotation will retire it; missing if it will not. */
  retired?: string;
}

/** Length of the lease, in hours. */
const leaseHours = 25;
/** Largest number of dumps of one second, each of which is dated a second later. */
const mostOfOneSecond = 3600;

/**
 * Adopts a dump that others have made: reads it to its end, proves it, and publishes it as a manual backup of the
 * instant at which its file was last changed. Nothing of a file that is refused is kept. Throws ConfigurationError for
 * an unknown database, SourceUnreadableError, DumpMalformedError, SourceCorruptError, RefusedError for a file that is
 * adopted already, too large or of the future, and BackupRefutedError.
 */
export async function adopt(platform: AdoptPlatform, input: AdoptInput, signal: AbortSignal): Promise<Adoption> {
  const { database: name, dryRun = false } = input;
  const database = databaseOf(platform, name);
  const reader = engineOf(platform, database.engine).adopt;
  if (!reader) throw new ConfigurationError(`dumps of ${productsOf(database.engine)} cannot be adopted; load them into a database, and back that up`);
  await refuseOtherVault(platform, { first: name });
  const largest = input.largest ?? (await halfOfFree(platform.scratch));
  const folderBy = await folderByOf(input.file);
  const file = folderBy === undefined ? await openForeignFile(input.file, largest, signal) : await openForeignFolder(input.file, folderBy, largest, signal);
  refuseOtherEngine(file, { name, engine: database.engine });
  await refuseParted(file.path, cardOf(database.engine));
  const slot = await slotFor(platform, name, file);
  const id = runId(name, slot, 'manual');
  const contents = { read: () => file.read(), files: file.files, limited: (bytes: AsyncIterable<Uint8Array>) => limited(bytes, largest) };
  await using foreign = await reader(contents, workFor(platform, id, signal));
  const read = { backup: id, tables: foreign.scan.tables.length, rows: rowsOf(foreign.scan) };
  if (dryRun) return read;
  const { proof } = await publishAdopted(platform, { ...input, id, slot, file, foreign }, signal);
  const decision = (await planRotation(platform, name)).find(({ backup }) => backup.id === id);
  return { ...read, verdict: proof.verdict, ...(decision && !decision.keep && { retired: explain(decision.reason) }) };
}

/** Returns the file by which a folder is known to be one dump; undefined for any other folder, and for a file. */
export async function folderByOf(path: string): Promise<string | undefined> {
  for (const { folderBy } of cards as readonly Card[])
    if (folderBy !== undefined && (await lstat(join(path, folderBy)).catch(() => undefined))?.isFile()) return folderBy;
  return undefined;
}

async function halfOfFree(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder).catch((error: unknown) => {
    throw storageError(error, `look into ${folder}`);
  });
  return Math.floor((bavail * bsize) / 2);
}

function productsOf(engine: EngineName): string {
  return cardOf(engine)
    .products.map(({ name }) => name)
    .join(' or ');
}

function refuseOtherEngine({ beginning }: ForeignFile, { name, engine }: { name: string; engine: EngineName }): void {
  if (cardOf(engine).begins.test(beginning)) return;
  const other = cards.find(({ begins }) => begins.test(beginning));
  throw new DumpMalformedError(
    other
      ? `it is a dump of ${productsOf(other.name)}, and ${name} is a database of ${productsOf(engine)}`
      : `it does not begin as a dump of ${productsOf(engine)}, which ${name} is a database of`,
  );
}

/** Refuses a file whose last changes lie in another one. */
async function refuseParted(path: string, card: Card): Promise<void> {
  for (const ending of card.partsBeside ?? []) {
    const size = await stat(`${path}${ending}`).then(
      (stats) => stats.size,
      () => 0,
    );
    if (size > 0)
      throw new RefusedError(`changes that belong to it lie in ${basename(path)}${ending} beside it; make a whole copy by its own tool, and adopt that`);
  }
}

/**
 * Returns the instant that dates a dump: that of its file, or the next second that no other backup has. Throws
 * RefusedError if the file was adopted before.
 */
async function slotFor({ catalogue, clock, vault }: With<'catalogue' | 'vault'>, database: string, { modified, sha256 }: ForeignFile): Promise<Date> {
  for (const backup of await all((page) => catalogue.backups.list({ database, ...page }))) {
    if (backup.kind !== 'manual' || backup.status !== 'published') continue;
    const { adopted } = await readManifest(vault, backup.manifest);
    if (adopted?.sha256 === sha256) throw new RefusedError(`it is adopted already, as ${backup.id}`);
  }
  const first = Math.floor(modified.getTime() / 1000) * 1000;
  if (first > clock.now().getTime())
    throw new RefusedError(`it was changed last at ${stampOf(modified)}, which is in the future; give it the time of the dump by "touch -d"`);
  for (let at = first; at < first + mostOfOneSecond * 1000; at += 1000) {
    const id = runId(database, new Date(at), 'manual');
    const there = await catalogue.backups.get(id);
    if (at === first && there?.status === 'retired')
      throw new RefusedError(`the backup of its second, ${id}, is retired; "sauvegarde unretire ${id}" brings it back`);
    const run = there ? undefined : await catalogue.runs.get(id);
    if (!there && (!run || run.status === 'failed')) return new Date(at);
  }
  throw new RefusedError(`too many backups have its second, ${stampOf(new Date(first))}; give it the time of the dump by "touch -d"`);
}

/** Publishes a dump that was read to its end as a run of its own, as any manual backup. */
async function publishAdopted(
  platform: AdoptPlatform,
  {
    database,
    by,
    claimed,
    executionOf,
    id,
    slot,
    file,
    foreign,
  }: Omit<AdoptInput, 'file'> & { id: string; slot: Date; file: ForeignFile; foreign: ForeignDump },
  signal: AbortSignal,
): Promise<Manifest> {
  const { catalogue, clock } = platform;
  const own = reading(platform, database, { foreign, file });
  const now = clock.now();
  const execution = executionOf?.(id) ?? id;
  const requested = { requestedBy: by, claimed, startedAt: now.toISOString(), execution };
  const run: Run = { id, database, slot: slot.toISOString(), kind: 'manual', status: 'running', attempts: 0, ...requested };
  const { opened } = await catalogue.runs.open(run, { leaseEnds: new Date(now.getTime() + leaseHours * 3_600_000), now, again: true });
  if (!opened) throw new DatabaseBusyError(`${id} is being made already; try again once it has ended`);
  const audit = (action: 'backup-requested' | 'run-failed', detail: string) =>
    catalogue.audit.append({ at: clock.now().toISOString(), by, claimed, action, subject: id, detail });
  await audit('backup-requested', `adopted from ${basename(file.path)}, SHA-256 ${file.sha256}`);
  try {
    const dumped = await dump(own, { run: id, execution }, signal);
    const { engine, compression, dump: stored, scan } = dumped;
    const proof = await prove(own, { run: id, engine, compression, dump: stored, scan }, signal);
    const adopted = { file: basename(file.path), sha256: file.sha256, modified: file.modified.toISOString() };
    const published = await storeManifest(own, run, dumped, proof, { reason: `adopted from ${adopted.file}`, adopted });
    await catalogue.runs.end(run, { status: 'succeeded' }, clock.now());
    await auditPublished(platform, run, published);
    return published;
  } catch (error) {
    const reason = reasonOf(error);
    await removeStored(platform, stemOf(database, slot, 'manual'));
    if (await catalogue.runs.end(run, { status: 'failed', error: reason }, clock.now())) await audit('run-failed', detailText({ about: 'error', ...reason }));
    throw error;
  } finally {
    await removeUnencrypted(platform, id);
    await noteStanding(platform, database);
  }
}

/** Returns the platform with the dump in the place of the database, and with a proof, whatever the schedule says. */
function reading(platform: AdoptPlatform, name: string, { foreign, file }: { foreign: ForeignDump; file: ForeignFile }): AdoptPlatform {
  const database = databaseOf(platform, name);
  const note = `made by others and adopted from ${basename(file.path)}: what is known of its source is what the dump says`;
  const scan: Scan = { ...foreign.scan, warnings: [...foreign.scan.warnings, note] };
  async function* written(): AsyncGenerator<Uint8Array, Scan> {
    yield* foreign.open();
    return scan;
  }
  const engine = { ...engineOf(platform, database.engine), dump: async () => dumpUnderWay(written, new AsyncDisposableStack()) };
  return {
    ...platform,
    engines: { ...platform.engines, [database.engine]: engine },
    config: { ...platform.config, databases: { ...platform.config.databases, [name]: { ...database, proof: 'every' } } },
  };
}

/** Removes what was stored of a dump that is no backup. */
async function removeStored({ vault }: With<'vault'>, stem: string): Promise<void> {
  const keys = (await vault.list(`${stem}.`)).map(({ key }) => key);
  if (keys.some((key) => key.endsWith('.manifest.json'))) return;
  // a key of a retry is another, except that of the proof
  for (const key of keys) if (!key.endsWith('.proof.json')) await vault.retire(key);
}
