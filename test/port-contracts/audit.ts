import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Audit } from '../../core/catalogue/audit.ts';
import { brokenAt } from '../support/chain.ts';
import { auditOf } from '../support/records.ts';
import { expectParts } from './parts.ts';

/** Contract of every audit log (core/catalogue/audit.ts). `make` gives two clients of one empty log. */
export function auditContract(make: () => Promise<{ one: Audit; other: Audit }>): void {
  it('returns the entry, which lists as it was returned', async () => {
    const { one, other } = await make();
    const entry = await one.append(auditOf('to a file'));
    expect(entry).toMatchObject({ ...auditOf('to a file'), sequence: 1, previous: '0'.repeat(64) });
    expect((await other.list()).items).toEqual([entry]);
  });

  it('carries the SHA-256 of the record together with the hash before it', async () => {
    const { one } = await make();
    const { hash: before } = await one.append(auditOf('first'));
    const { at, by, action, subject, detail, hash, previous } = await one.append(auditOf('second « é »'));
    expect(previous).toBe(before);
    const text = JSON.stringify([2, before, at, by, action, subject, detail]);
    expect(hash).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('tells a claimed author from a known one, and both from those of before, in one whole chain', async () => {
    const { one, other } = await make();
    const marks = [undefined, true, false];
    for (const claimed of marks) await one.append({ ...auditOf(String(claimed)), ...(claimed !== undefined && { claimed }) });
    const entries = (await other.list()).items.reverse();
    expect(entries.map((entry) => ('claimed' in entry ? entry.claimed : 'before'))).toEqual(['before', true, false]);
    expect(brokenAt(entries)).toBeUndefined();
    for (const [index, entry] of entries.entries())
      for (const claimed of marks.filter((mark) => mark !== entry.claimed)) {
        expect(brokenAt(entries.with(index, { ...entry, claimed })), `${entry.claimed} made ${claimed}`).toBe(index + 1);
      }
  });

  it('lists the newest first, by subject, as many as asked for', async () => {
    const { one } = await make();
    for (let number = 1; number <= 5; number++) await one.append(auditOf(String(number), number % 2 ? 'odd' : 'even'));
    const details = async (query?: Parameters<Audit['list']>[0]) => (await one.list(query)).items.map(({ detail }) => detail);
    expect(await details()).toEqual(['5', '4', '3', '2', '1']);
    expect(await details({ limit: 2 })).toEqual(['5', '4']);
    expect(await details({ subject: 'odd' })).toEqual(['5', '3', '1']);
    expect(await details({ subject: 'odd', limit: 1 })).toEqual(['5']);
    expect(await details({ subject: 'od' })).toEqual([]);
  });

  it('lists in parts, by subject too', async () => {
    const { one } = await make();
    const entries = [];
    for (let number = 1; number <= 5; number++) entries.unshift(await one.append(auditOf(String(number), number % 2 ? 'odd' : 'even')));
    await expectParts((paging) => one.list(paging), entries);
    await expectParts(
      (paging) => one.list({ subject: 'odd', ...paging }),
      entries.filter(({ subject }) => subject === 'odd'),
    );
  });

  it('stays one whole chain when many append at once', async () => {
    const { one, other } = await make();
    await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? one : other).append(auditOf(String(index)))));
    const entries = (await one.list()).items.reverse();
    expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(new Set(entries.map(({ detail }) => detail)).size).toBe(20);
    expect(brokenAt(entries)).toBeUndefined();
  });
}
