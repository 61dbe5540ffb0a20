import type { Audit, AuditEntry } from '../../catalogue/audit.ts';
import { ChainCheck, isIntact } from '../../catalogue/audit-chain.ts';
import { itemsOf, type Page, type Paging } from '../../catalogue/page.ts';
import { type AuditHead, readHead } from '../../documents/audit-head.ts';
import { shortened } from '../../documents/shortened.ts';
import { reasonOf } from '../../errors.ts';
import { partsOfRunId } from '../../names.ts';
import type { With } from '../../platform.ts';
import { headKeys } from '../keeping/audit-heads.ts';
import { inParts } from '../keeping/in-parts.ts';

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
 * holds is among them, and lists by subject give the same entries. Reads the log once, part by part. If lists by
 * subject are copies, each of them is read too, and the hashes of all entries are held meanwhile.
 */
export async function verifyAudit(platform: With<'vault' | 'catalogue'>, _: Record<never, never>): Promise<AuditVerdict> {
  const { audit } = platform.catalogue;
  const heads = await inParts(await headKeys(platform), atOnce, (key) => readIfWhole(platform, key)); // before the log, which goes on meanwhile
  const wanted = new Set(heads.flatMap((head) => (typeof head === 'string' ? [] : [head.sequence])));
  const chain = new ChainCheck();
  const hashes = new Map<number, string>();
  const subjects = new Map<string, number[]>();
  let [entries, last] = [0, 0];
  for await (const entry of itemsOf((page) => audit.list(page))) {
    const { hash, sequence, subject } = entry;
    if (entries++ === 0) last = sequence;
    chain.add(entry);
    if (audit.hasCopies || wanted.has(sequence)) hashes.set(sequence, hash);
    if (!audit.hasCopies) continue;
    const its = subjects.get(subject);
    if (its) its.push(sequence);
    else subjects.set(subject, [sequence]);
  }
  const broken = chain.brokenAt();
  const faults = [
    broken === undefined ? undefined : `entry ${broken} does not continue the one before it`,
    ...heads.map((head) => (typeof head === 'string' ? head : faultOf(head, hashes.get(head.sequence), last))),
    ...(await inParts([...subjects], atOnce, ([subject, its]) => faultBySubject(platform, subject, its.reverse(), hashes, last))),
  ].filter((fault) => fault !== undefined);
  return { entries, heads: heads.length, faults: shortened(faults) };
}

/** Reads a head. Returns the reason for which it cannot be read. */
async function readIfWhole({ vault }: With<'vault'>, key: string): Promise<AuditHead | string> {
  try {
    return await readHead(vault, key);
  } catch (error) {
    return reasonOf(error).message;
  }
}

/** Compares a head with the hash of the entry of its number, and with the number of the last entry. */
function faultOf({ at, hash, sequence }: AuditHead, found: string | undefined, last: number): string | undefined {
  if (sequence > last) return `the log ends with entry ${last}, and at ${at} it had ${sequence}: its end is cut off`;
  return found === hash ? undefined : `entry ${sequence} is another than the one that the vault knew at ${at}`;
}

/** Compares the list of what concerns a subject with the entries about it, given by their numbers. */
async function faultBySubject(
  { catalogue: { audit } }: With<'catalogue'>,
  subject: string,
  numbers: readonly number[],
  hashes: ReadonlyMap<number, string>,
  last: number,
): Promise<string | undefined> {
  const known = new Set<number>();
  for await (const entry of itemsOf((page) => audit.list({ subject, ...page }))) {
    const { sequence } = entry;
    const hash = sequence > last ? await hashOf(audit, sequence) : hashes.get(sequence);
    if (!isIntact(entry) || hash !== entry.hash) return `entry ${sequence} is another in the list of what concerns ${subject}`;
    known.add(sequence);
  }
  const hidden = numbers.find((number) => !known.has(number));
  return hidden === undefined ? undefined : `entry ${hidden} is missing from the list of what concerns ${subject}`;
}

/** Returns the hash of an entry that was written since the log was read; undefined if there is none of this number. */
async function hashOf(audit: Audit, number: number): Promise<string | undefined> {
  const [entry] = (await audit.list({ after: String(number + 1), limit: 1 })).items;
  return entry?.sequence === number ? entry.hash : undefined;
}
