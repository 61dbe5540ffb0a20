import type { AuditEntry } from '../../catalogue/audit.ts';
import { brokenAt, isIntact } from '../../catalogue/audit-chain.ts';
import { all, type Page, type Paging } from '../../catalogue/page.ts';
import { readHead } from '../../documents/audit-head.ts';
import { shortened } from '../../documents/shortened.ts';
import { reasonOf } from '../../errors.ts';
import { partsOfRunId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { headKeys } from '../keeping/audit-heads.ts';

/** Number of heads, or of lists by subject, that are read at once. */
const atOnce = 16;

export interface AuditQuery extends Paging {
  /** Only entries about this run, backup or database itself. */
  subject?: string | undefined;
  /** Only entries about this database, its runs and its backups. */
  database?: string | undefined;
  /** Only entries of this author: `cli:alice`, or `alice`. */
  author?: string | undefined;
  /** Only entries from this instant on, and before that one, ISO 8601. */
  since?: string | undefined;
  until?: string | undefined;
}

/** Most times that the log is read on for one part of a filtered list. */
const mostLooks = 20;

/**
 * Lists entries, newest first. A part may have fewer items than its limit though the list goes on: beyond `mostLooks`
 * parts of the log without enough wanted entries, the caller decides whether to look further.
 */
export async function listAudit(
  { catalogue }: With<'catalogue'>,
  { after, author, database, limit, since, subject, until }: AuditQuery,
): Promise<Page<AuditEntry>> {
  const from = since === undefined ? undefined : new Date(since).toISOString();
  const to = until === undefined ? undefined : new Date(until).toISOString();
  const isWanted = ({ at, by, subject }: AuditEntry) =>
    (database === undefined || subject === database || partsOfRunId(subject)?.database === database) &&
    (author === undefined || by === author || by.endsWith(`:${author}`)) &&
    (from === undefined || at >= from) &&
    (to === undefined || at < to);
  const found: AuditEntry[] = [];
  let next = after;
  let looks = 0;
  do {
    const part = await catalogue.audit.list({ subject, after: next, limit: limit === undefined ? undefined : limit - found.length });
    found.push(...part.items.filter(isWanted));
    next = part.next;
    looks += 1;
  } while (next !== undefined && limit !== undefined && found.length < limit && looks < mostLooks);
  return { items: found, ...(next !== undefined && { next }) };
}

/** Result of checking the audit log. */
export interface AuditVerdict {
  entries: number;
  /** Heads in the vault that were compared with it. */
  heads: number;
  /** Everything that is not as it was written, as sentences; none if the log is whole. */
  faults: string[];
}

/**
 * Checks that no entry was changed, removed or cut off: each continues the one before it, each head that the vault
 * holds is among them, and lists by subject, which are stored apart, give the same entries.
 */
export async function verifyAudit(platform: With<'vault' | 'catalogue'>, _: Record<never, never>): Promise<AuditVerdict> {
  const entries = (await all((page) => platform.catalogue.audit.list(page))).reverse();
  const broken = brokenAt(entries);
  const faults = broken === undefined ? [] : [`entry ${broken} does not continue the one before it`];
  const hashes = new Map(entries.map(({ hash, sequence }) => [sequence, hash]));
  const last = entries.at(-1)?.sequence ?? 0;
  const keys = await headKeys(platform);
  faults.push(...(await faultsAmong(keys, (key) => faultOf(platform, key, hashes, last))));
  faults.push(...(await faultsAmong([...Map.groupBy(entries, ({ subject }) => subject)], ([subject, its]) => faultBySubject(platform, subject, its, hashes))));
  return { entries: entries.length, heads: keys.length, faults: shortened(faults) };
}

async function faultsAmong<Item>(items: readonly Item[], faultOf: (item: Item) => Promise<string | undefined>): Promise<string[]> {
  const faults: (string | undefined)[] = [];
  for (let first = 0; first < items.length; first += atOnce) faults.push(...(await Promise.all(items.slice(first, first + atOnce).map(faultOf))));
  return faults.filter((fault) => fault !== undefined);
}

/** Compares the list of what concerns a subject with the entries about it. */
async function faultBySubject(
  { catalogue }: With<'catalogue'>,
  subject: string,
  entries: readonly AuditEntry[],
  hashes: ReadonlyMap<number, string>,
): Promise<string | undefined> {
  const listed = await all((page) => catalogue.audit.list({ subject, ...page }));
  const other = listed.find((entry) => !isIntact(entry) || hashes.get(entry.sequence) !== entry.hash);
  if (other) return `entry ${other.sequence} is another in the list of what concerns ${subject}`;
  const known = new Set(listed.map(({ sequence }) => sequence));
  const hidden = entries.find(({ sequence }) => !known.has(sequence));
  return hidden && `entry ${hidden.sequence} is missing from the list of what concerns ${subject}`;
}

async function faultOf({ vault }: With<'vault'>, key: string, hashes: ReadonlyMap<number, string>, last: number): Promise<string | undefined> {
  try {
    const { at, hash, sequence } = await readHead(vault, key);
    if (sequence > last) return `the log ends with entry ${last}, and at ${at} it had ${sequence}: its end is cut off`;
    return hashes.get(sequence) === hash ? undefined : `entry ${sequence} is another than the one that the vault knew at ${at}`;
  } catch (error) {
    return reasonOf(error).message;
  }
}
