import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuditEntry } from '../../../core/catalogue/audit.ts';
import { chained } from '../../../core/catalogue/audit-chain.ts';
import { SqliteCatalogue } from '../../../core/catalogue/sqlite/catalogue.ts';
import { brokenAt } from '../../support/chain.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { auditOf } from '../../support/records.ts';

/** Four entries that continue each other, oldest first. */
function chain(): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const detail of ['one', 'two', 'three', 'four']) entries.push(chained(auditOf(detail), entries.at(-1)));
  return entries;
}

/** The chain with one entry changed. */
function altered(index: number, change: Partial<AuditEntry>): AuditEntry[] {
  return chain().map((entry, at) => (at === index ? { ...entry, ...change } : entry));
}

describe('the audit chain', () => {
  it('is whole when nobody touched it, also when it is empty', () => {
    expect(brokenAt(chain())).toBeUndefined();
    expect(brokenAt([])).toBeUndefined();
  });

  it.each([
    ['at', { at: '2026-11-22T02:00:11.000Z' }],
    ['by', { by: 'cli:bob' }],
    ['action', { action: 'restored' }],
    ['subject', { subject: 'main-20261122_020001Z' }],
    ['detail', { detail: 'another' }],
    ['previous', { previous: 'f'.repeat(64) }],
    ['hash', { hash: 'f'.repeat(64) }],
  ] as const)('shows that "%s" of an entry was altered', (_, change) => {
    expect(brokenAt(altered(2, change))).toBe(3);
    expect(brokenAt(altered(0, change))).toBe(1);
    expect(brokenAt(altered(3, change))).toBe(4);
  });

  it('shows that the sequence number of an entry was altered', () => {
    expect(brokenAt(altered(1, { sequence: 7 }))).toBe(7);
  });

  it('shows an entry of which nothing is left', () => {
    expect(brokenAt(chain().with(1, {} as AuditEntry))).toBe(2);
  });

  it('shows an altered entry whose own hash was made anew', () => {
    const [first, second, ...rest] = chain();
    const forged = chained({ ...auditOf('forged') }, first);
    expect(forged.sequence).toBe(second?.sequence);
    expect(brokenAt([first, forged, ...rest].filter((entry) => entry !== undefined))).toBe(3);
  });

  it.each([
    ['the first', 0, 2],
    ['one in the middle', 1, 3],
    ['the last but one', 2, 4],
  ])('shows that %s entry was taken out', (_, index, at) => {
    expect(brokenAt(chain().toSpliced(index, 1))).toBe(at);
  });

  it('shows that two entries changed places', () => {
    const [one, two, three, four] = chain();
    expect(brokenAt([one, three, two, four].filter((entry) => entry !== undefined))).toBe(3);
  });

  it('shows that an entry was put in', () => {
    const entries = chain();
    expect(brokenAt(entries.toSpliced(2, 0, chained(auditOf('put in'), entries[1])))).toBe(3);
  });
});

describe('the audit table', () => {
  it.each([
    ['UPDATE', "UPDATE audit SET record = '{}' WHERE sequence = 2"],
    ['UPDATE of the subject', "UPDATE audit SET subject = 'x'"],
    ['UPDATE OR REPLACE', 'UPDATE OR REPLACE audit SET sequence = 1 WHERE sequence = 2'],
    ['DELETE', 'DELETE FROM audit WHERE sequence = 2'],
    ['DELETE of all', 'DELETE FROM audit'],
    ['REPLACE', "REPLACE INTO audit (sequence, subject, record) VALUES (2, 'x', '{}')"],
    ['upsert', "INSERT INTO audit (sequence, subject, record) VALUES (2, 'x', '{}') ON CONFLICT (sequence) DO UPDATE SET record = excluded.record"],
  ])('refuses %s', async (_, sql) => {
    const file = join(temporaryFolder(), 'catalogue.sqlite3');
    const catalogue = new SqliteCatalogue(file);
    onTestFinished(() => catalogue[Symbol.dispose]());
    for (const detail of ['one', 'two', 'three']) await catalogue.audit.append(auditOf(detail));
    const before = (await catalogue.audit.list()).items;
    using database = new DatabaseSync(file);
    expect(() => database.exec(sql)).toThrow('the audit log is append-only');
    expect((await catalogue.audit.list()).items).toEqual(before);
    expect(before).toHaveLength(3);
  });
});
