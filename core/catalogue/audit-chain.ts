import { createHash } from 'node:crypto';
import type { AuditEntry, AuditRecord } from './audit.ts';

export const chainStart = '0'.repeat(64);

/** Makes the entry that continues a chain after `last`, or begins one if that is undefined. */
export function chained(record: AuditRecord, last: { sequence: number; hash: string } | undefined): AuditEntry {
  const { at, by, claimed, action, subject, detail } = record;
  const sequence = (last?.sequence ?? 0) + 1;
  const previous = last?.hash ?? chainStart;
  const mark = claimed === undefined ? [] : [claimed]; // older entries have none
  const hash = createHash('sha256')
    .update(JSON.stringify([sequence, previous, at, by, action, subject, detail, ...mark]))
    .digest('hex');
  return { sequence, at, by, ...(claimed !== undefined && { claimed }), action, subject, detail, previous, hash };
}

/** Returns true if an entry is as it was written, by its own hash. */
export function isIntact(entry: AuditEntry): boolean {
  return chained(entry, { sequence: entry.sequence - 1, hash: entry.previous }).hash === entry.hash;
}

/** Checks a chain entry by entry, newest first, and holds one of them. */
export class ChainCheck {
  #newer: AuditEntry | undefined;
  #broken: number | undefined;

  /** Takes the entry before the one that was added last. */
  add(entry: AuditEntry): void {
    this.#compare(entry);
    this.#newer = entry;
  }

  /**
   * Returns the sequence number of the first entry that does not continue the chain, once all of them were added;
   * undefined if the chain is whole.
   */
  brokenAt(): number | undefined {
    this.#compare(undefined);
    return this.#broken;
  }

  #compare(last: AuditEntry | undefined): void {
    const entry = this.#newer;
    if (!entry) return;
    const { sequence, previous, hash } = chained(entry, last);
    if (hash !== entry.hash || previous !== entry.previous || sequence !== entry.sequence) this.#broken = entry.sequence ?? sequence; // its number may be gone too
  }
}
