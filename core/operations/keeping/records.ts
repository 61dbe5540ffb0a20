import type { Backup } from '../../catalogue/backups.ts';
import { readManifest } from '../../documents/manifest.ts';
import { DocumentInvalidError, ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { messagesIn } from '../../mail/messages/languages.ts';
import { manifestKey, partsOfRunId, stemOf } from '../../names.ts';
import type { With } from '../../platform.ts';
import { type Alteration, alterationsOf, hasOrders, judgeRecords, type Truth } from '../../policy/watch/records.ts';
import { inParts } from './in-parts.ts';
import { openIncident } from './incident.ts';
import { backupOfManifest, stemOfManifest } from './manifest-record.ts';

type Reading = Pick<With<'catalogue' | 'vault'>, 'catalogue' | 'clock' | 'log' | 'vault'>;

/** Numbers of the newest records and of the others that are compared in an hour. */
const [newest, others] = [1, 2];
/** Number of records that are compared at once. */
const atOnce = 8;
/** Entries of the audit log about one backup among which its retirement is looked for. */
const recentEntries = 20;
const hourMs = 3_600_000;

/** A record that contradicts the vault. */
export interface AlteredRecord {
  record: Backup;
  truth: Truth;
  alterations: Alteration[];
}

/**
 * Compares records with the vault: the newest, those that are named (which were found altered before), and each hour a
 * few of the others in turn. Reads as much for forty records as for four.
 */
export async function alteredInTurn(platform: Reading, records: readonly Backup[], named: readonly string[]): Promise<AlteredRecord[]> {
  const rest = records.slice(newest);
  const slices = Math.max(1, Math.ceil(rest.length / others));
  const start = (Math.floor(platform.clock.now().getTime() / hourMs) % slices) * others;
  const chosen = new Set([...records.slice(0, newest), ...rest.slice(start, start + others), ...rest.filter(({ id }) => named.includes(id))]);
  return alteredAmong(platform, chosen);
}

/** Compares all of these records with the vault, some of them at once. */
export async function alteredAmong(platform: Reading, records: Iterable<Backup>): Promise<AlteredRecord[]> {
  const altered = await inParts([...records], atOnce, async (record) => (await compared(platform, record)) && comparedAgain(platform, record.id));
  return altered.filter((each) => each !== undefined);
}

/** Opens the incident of records that contradict the vault, which watch ends once they are corrected. */
export async function reportAltered(platform: With<'catalogue' | 'mailer' | 'notifier'>, altered: readonly AlteredRecord[]): Promise<void> {
  for (const [database, each = []] of Map.groupBy(altered, ({ record }) => record.database)) {
    const details = judgeRecords(each.flatMap(({ alterations }) => alterations));
    if (!details) continue;
    const message = messagesIn('en').watched['record-altered'].message(details, platform.config.timeZone);
    await openIncident(platform, { database, kind: 'record-altered', subject: String(details.backup), error: { name: 'record-altered', message }, details });
  }
}

/** Compares a record with the vault; undefined if they agree, or if nothing can be said. */
export async function compared(platform: Reading, record: Backup): Promise<AlteredRecord | undefined> {
  if (isChanging(record, platform.clock.now())) return undefined;
  const truth = await truthOf(platform, record.id);
  const alterations = truth ? alterationsOf(record, truth) : [];
  return truth && alterations.length > 0 ? { record, truth, alterations } : undefined;
}

/** Writes an altered record anew, unless somebody has changed it since it was read. Returns true if it was written. */
export async function correct({ catalogue }: With<'catalogue'>, { record, truth }: AlteredRecord): Promise<boolean> {
  const [before, after] = [JSON.stringify(record), corrected(record, truth)];
  const there = await catalogue.backups.change(record.id, (each) => (JSON.stringify(each) === before ? after : undefined));
  return JSON.stringify(there) === JSON.stringify(after);
}

/** Compares as it is now: a proof or a rotation at work may have written the vault first and the record since. */
async function comparedAgain(platform: Reading, id: string): Promise<AlteredRecord | undefined> {
  const record = await platform.catalogue.backups.get(id);
  return record && compared(platform, record);
}

/** Returns true for a record that is about to change, or whose objects are: it is being retired or brought back. */
function isChanging({ hold, retiredAt, status }: Backup, now: Date): boolean {
  return status === 'retired' && (hold !== undefined || (retiredAt !== undefined && Math.abs(now.getTime() - Date.parse(retiredAt)) < hourMs));
}

/**
 * Tells what the vault and the audit log say of a backup: undefined if its manifest is gone and nobody has retired it,
 * or if the manifest cannot be read, which others tell.
 */
async function truthOf(platform: Reading, id: string): Promise<Truth | undefined> {
  const parts = partsOfRunId(id);
  if (!parts) return undefined;
  const key = manifestKey(stemOf(parts.database, parts.slot, parts.kind));
  try {
    const manifest = await readManifest(platform.vault, key);
    return manifest.id === id && manifestKey(stemOfManifest(manifest)) === key ? await backupOfManifest(platform, manifest) : undefined;
  } catch (error) {
    if (error instanceof DocumentInvalidError || error instanceof StorageRefusedError) {
      platform.log.error(error.message);
      return undefined;
    }
    if (!(error instanceof ObjectMissingError)) throw error;
  }
  const { items } = await platform.catalogue.audit.list({ subject: id, limit: recentEntries });
  const last = items.find(({ action }) => action === 'retired' || action === 'brought-back');
  return last?.action === 'retired' ? { status: 'retired', retiredAt: last.at } : undefined;
}

function corrected(record: Backup, truth: Truth): Backup {
  if (!('manifest' in truth)) return { ...record, ...truth };
  const { hold, status } = record;
  return { ...truth, ...(status === 'missing' && { status }), ...(hold && !hasOrders(truth) && { hold }) };
}
