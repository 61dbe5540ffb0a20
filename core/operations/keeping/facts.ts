import { type Backup, isGood } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import type { Standing } from '../../catalogue/standings.ts';
import { databaseOf } from '../../config/database-of.ts';
import { readManifest } from '../../documents/manifest.ts';
import { readScan, type Scan } from '../../documents/scan.ts';
import { cards } from '../../engines/cards.ts';
import { DocumentInvalidError, KeyMissingError, ObjectMissingError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import type { DatabaseFacts, Limits, RowsOf, TableHistory } from '../../policy/watch/facts.ts';
import { lostBetween } from '../../policy/watch/rows.ts';
import { isMoved } from '../../time/schedule.ts';
import type { Slot } from '../../time/slots.ts';
import { type AlteredRecord, alteredInTurn } from './records.ts';
import { reportMissing } from './soundness.ts';
import type { DueSlot } from './start-missed.ts';

/** Number of newest records among which good backups are looked for, and the number of those that rules look at. */
const [recentRecords, recentBackups] = [40, 8];

type FactsPlatform = With<'vault' | 'catalogue' | 'mailer' | 'notifier'>;

/** Collects the facts about one database. Reads a bounded number of records, however many there are. */
export async function factsAbout(
  platform: FactsPlatform,
  { at, database }: Slot,
  { execution, isFirst, run, served, standing }: DueSlot,
  { isVaultThere, limits }: { isVaultThere: boolean; limits: Limits },
): Promise<DatabaseFacts> {
  const { catalogue, clock, config } = platform;
  const { timeZone } = config;
  const settings = databaseOf(platform, database);
  const records = (await catalogue.backups.list({ database, limit: recentRecords })).items;
  const altered = isVaultThere ? await alteredInTurn(platform, await withNamed(platform, records, standing), alteredBefore(standing)) : undefined;
  const good = records
    .map((record) => asItIs(record, altered))
    .filter(isGood)
    .slice(0, recentBackups);
  const scans = isVaultThere ? await scansOf(platform, good) : undefined;
  return {
    now: clock.now(),
    timeZone,
    config: settings,
    standing,
    slot: { at, served, run, started: execution?.outcome === 'started', isFirst, skipped: isMoved(settings.schedule, timeZone, at) },
    good,
    tables: scans?.tables,
    altered: altered?.flatMap(({ alterations }) => alterations),
    product: scans && productOf(scans.newest),
    passwordEnds: dateOf(scans?.newest.passwordEnds),
    certificateEnds: dateOf(scans?.newest.certificateEnds),
    limits,
  };
}

/** Returns the ids of the backups whose records an open incident calls altered. */
function alteredBefore({ incidents }: Standing): string[] {
  const open = incidents.find(({ kind }) => kind === 'record-altered');
  return String(open?.last.details?.backups ?? '')
    .split(' ')
    .filter((id) => id !== '');
}

/** Adds to the newest records those that an open incident calls altered, however old they are. */
async function withNamed({ catalogue }: FactsPlatform, records: readonly Backup[], standing: Standing): Promise<readonly Backup[]> {
  const beyond = alteredBefore(standing).filter((id) => !records.some((record) => record.id === id));
  const others = await Promise.all(beyond.map((id) => catalogue.backups.get(id)));
  return [...records, ...others.filter((record) => record !== undefined)];
}

/** Returns a backup as the vault says it is, by which the rules judge it. */
function asItIs(record: Backup, altered: readonly AlteredRecord[] = []): Backup {
  return { ...record, ...altered.find((each) => each.record.id === record.id)?.truth };
}

/**
 * Reads what the newest good backup holds, and the one before it; the others only if something is less than it was.
 * Returns undefined if there is no backup, or if a file cannot be read or opened; files that are gone are an incident.
 */
async function scansOf(platform: FactsPlatform, good: readonly Backup[]): Promise<{ newest: Scan; tables: TableHistory } | undefined> {
  const [newest, last, ...others] = good;
  if (!newest) return undefined;
  try {
    const scan = await scanOf(platform, newest);
    const rows = rowsIn(scan);
    const before = last ? [rowsIn(await scanOf(platform, last))] : [];
    const { gone, shrunk } = lostBetween(before[0] ?? new Map(), rows);
    if (gone.length + shrunk.length > 0) for (const each of others) before.push(rowsIn(await scanOf(platform, each)));
    return { newest: scan, tables: { backup: newest.id, newest: rows, before } };
  } catch (error) {
    if (error instanceof ObjectMissingError) {
      const { database } = newest;
      const records = await all((page) => platform.catalogue.backups.list({ database, ...page }));
      await reportMissing(platform, records, await platform.vault.list(`${database}/`));
      return undefined;
    }
    if (error instanceof KeyMissingError) return undefined; // nobody here is to read them; doctor says which rules rest
    if (!(error instanceof DocumentInvalidError)) throw error;
    platform.log.error(error.message);
    return undefined;
  }
}

async function scanOf({ vault }: FactsPlatform, { manifest }: Backup): Promise<Scan> {
  return readScan(vault, (await readManifest(vault, manifest)).scan);
}

function dateOf(instant: string | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant);
}

function rowsIn({ tables }: Scan): RowsOf {
  return new Map(tables.map(({ name, rows }) => [name, rows]));
}

function productOf({ product: { name, version } }: Scan): DatabaseFacts['product'] {
  const programs = cards.flatMap(({ products }) => [...products]).find((product) => product.name === name);
  return programs && 'programs' in programs ? { name, version, programs: programs.programs.version } : undefined;
}
