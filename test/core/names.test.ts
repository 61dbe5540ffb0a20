import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Compression,
  databaseName,
  dumpKey,
  instantOf,
  isManifestKey,
  type Kind,
  manifestKey,
  partsOfRunId,
  proofKey,
  runId,
  runIdOfKey,
  scanKey,
  stampOf,
  stemOf,
} from '../../core/names.ts';

/** Names of which some look like a part of an id: `app-2`, `app-20261122`. */
const names = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,39}$/),
  fc.constantFrom('app', 'app-2', 'app-20261122', 'app-20261122-050000', 'a', 'a-', 'backup', 'manual'),
);
const slots = fc
  .date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));
const kinds = fc.constantFrom<Kind>('scheduled', 'manual');
const compressions = fc.constantFrom<Compression>('zstd', 'gzip', 'none');

const slot = new Date('2026-11-22T05:00:00Z');

describe('a stamp', () => {
  it('is the UTC instant to the second', () => {
    expect(stampOf(new Date('2026-11-22T05:00:00.999Z'))).toBe('20261122_050000Z');
  });

  it('reads back as the instant', () => {
    fc.assert(fc.property(slots, (instant) => void expect(instantOf(stampOf(instant))).toEqual(instant)));
  });

  it('sorts as time does', () => {
    fc.assert(fc.property(slots, slots, (one, other) => void expect(stampOf(one) < stampOf(other)).toBe(one < other)));
  });

  it.each([
    '',
    '20261122',
    '20261122_050000',
    '20261122_050000z',
    '20261122T050000Z',
    '20261322_050000Z',
    '20261131_050000Z',
    '20260229_050000Z',
    '20261122_240000Z',
    '20261122_056000Z',
    '20261122_050060Z',
    '20261122_050000Z\n',
    ' 20261122_050000Z',
    '2026-11-22_050000Z',
    '٢٠٢٦١١٢٢_٠٥٠٠٠٠Z',
  ])('is not %j', (text) => {
    expect(() => instantOf(text)).toThrow(RangeError);
  });
});

describe("a run's id", () => {
  it('is what people read', () => {
    expect(runId('main', slot, 'scheduled')).toBe('main-20261122_050000Z');
    expect(runId('main', slot, 'manual')).toBe('main-20261122_050000Z_manual');
  });

  it('reads back as database, slot and kind', () => {
    fc.assert(
      fc.property(names, slots, kinds, (database, at, kind) => void expect(partsOfRunId(runId(database, at, kind))).toEqual({ database, slot: at, kind })),
    );
  });

  it('fits into the 80 characters of an execution name, all of them allowed there', () => {
    fc.assert(fc.property(names, slots, kinds, (database, at, kind) => void expect(runId(database, at, kind)).toMatch(/^[A-Za-z0-9_-]{1,80}$/)));
  });

  it('is one for each database, slot and kind', () => {
    const run = fc.tuple(names, slots, kinds);
    fc.assert(
      fc.property(run, run, ([one, at, kind], [other, then, sort]) => {
        expect(runId(one, at, kind) === runId(other, then, sort)).toBe(one === other && at.getTime() === then.getTime() && kind === sort);
      }),
    );
  });

  it.each([
    '',
    'main',
    '-20261122_050000Z',
    'Main-20261122_050000Z',
    '../main-20261122_050000Z',
    'ma/in-20261122_050000Z',
    'main_20261122_050000Z',
    'main-20261122_050000',
    'main-20261131_050000Z',
    'main-20261122_050000Z_other',
    'main-20261122_050000Z_manual_manual',
    'main-20261122_050000Z ',
    'main-20261122_050000Z\n',
    `${'a'.repeat(41)}-20261122_050000Z`,
    '__proto__-20261122_050000Z',
  ])('is not %j', (text) => {
    expect(partsOfRunId(text)).toBeUndefined();
  });

  it('is found in no text that it was not made of', () => {
    const pieces = fc
      .array(fc.constantFrom('app', '-', '_', '2', '20261122', '050000', 'Z', 'manual', '/', '.', 'A'), { maxLength: 9 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(pieces, fc.string()), (text) => {
        const parts = partsOfRunId(text);
        if (parts) expect(runId(parts.database, parts.slot, parts.kind)).toBe(text);
      }),
    );
  });
});

describe('the key of an object', () => {
  it('is what people read', () => {
    const stem = stemOf('main', slot, 'scheduled');
    expect(dumpKey(stem, 1, 'sqlite3', 'zstd')).toBe('main/2026/11/backup_20261122_050000Z.sqlite3.zst');
    expect(dumpKey(stem, 2, 'sqlite3', 'gzip')).toBe('main/2026/11/backup_20261122_050000Z.2.sqlite3.gz');
    expect(dumpKey(stem, 3, 'sql', 'none')).toBe('main/2026/11/backup_20261122_050000Z.3.sql');
    expect(scanKey(stem, 1)).toBe('main/2026/11/backup_20261122_050000Z.scan.json');
    expect(scanKey(stem, 2)).toBe('main/2026/11/backup_20261122_050000Z.2.scan.json');
    expect(proofKey(stem)).toBe('main/2026/11/backup_20261122_050000Z.proof.json');
    expect(proofKey(stem, new Date('2026-12-01T00:00:00Z'))).toBe('main/2026/11/backup_20261122_050000Z.proof-20261201_000000Z.json');
    expect(manifestKey(stem)).toBe('main/2026/11/backup_20261122_050000Z.manifest.json');
    expect(manifestKey(stemOf('main', slot, 'manual'))).toBe('main/2026/11/manual_backup_20261122_050000Z.manifest.json');
  });

  it('leads back to its run, whichever object it is', () => {
    fc.assert(
      fc.property(names, slots, kinds, fc.integer({ min: 1, max: 9 }), compressions, slots, (database, at, kind, attempt, compression, later) => {
        const stem = stemOf(database, at, kind);
        const keys = [dumpKey(stem, attempt, 'sqlite3', compression), scanKey(stem, attempt), proofKey(stem), proofKey(stem, later), manifestKey(stem)];
        expect(new Set(keys).size).toBe(keys.length);
        for (const key of keys) expect(runIdOfKey(key)).toBe(runId(database, at, kind));
        expect(keys.filter(isManifestKey)).toEqual([manifestKey(stem)]);
      }),
    );
  });

  it('belongs to no other database, however alike the names are', () => {
    fc.assert(
      fc.property(names, fc.constantFrom('-2', '-20261122', '2', '-', '-20261122-050000'), slots, kinds, (database, more, at, kind) => {
        const longer = `${database}${more}`;
        fc.pre(databaseName.test(longer));
        const id = runIdOfKey(manifestKey(stemOf(longer, at, kind))) ?? '';
        expect(partsOfRunId(id)?.database).toBe(longer);
        expect(manifestKey(stemOf(longer, at, kind)).startsWith(`${database}/`)).toBe(false);
      }),
    );
  });

  it.each([
    '',
    'HOW-TO-RESTORE.md',
    'main',
    'main/2026/11/backup_20261122_050000Z',
    'main/2026/11/backup_20261122_050000Z.',
    'main/2026/11/other_backup_20261122_050000Z.sqlite3',
    'main/2026/11/backup_20261131_050000Z.sqlite3',
    'main/2026/11/sub/backup_20261122_050000Z.sqlite3',
    'main/2026/11/backup_20261122_050000Z.x/y',
    '../main/2026/11/backup_20261122_050000Z.sqlite3',
    'x/../main/2026/11/backup_20261122_050000Z.sqlite3',
    '/main/2026/11/backup_20261122_050000Z.sqlite3',
    'Main/2026/11/backup_20261122_050000Z.sqlite3',
    'main/2025/11/backup_20261122_050000Z.sqlite3',
    'main/2026/10/backup_20261122_050000Z.sqlite3',
  ])('is not %j', (key) => {
    expect(runIdOfKey(key)).toBeUndefined();
  });
});
