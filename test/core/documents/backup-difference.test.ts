import { describe, expect, it } from 'vitest';
import { scanDifference } from '../../../core/documents/backup-difference.ts';
import type { Scan } from '../../../core/documents/scan.ts';

function scan(changes: Partial<Scan> = {}): Scan {
  return {
    format: 'sauvegarde-scan',
    version: 1,
    engine: 'postgres',
    product: { name: 'PostgreSQL', version: '17.12' },
    size: 100,
    tables: [table('a', 1, 'x'), table('b', 2, 'y')],
    sequences: [{ name: 'a_id_seq', value: '5', called: true }],
    warnings: [],
    objects: { index: 2, view: 1 },
    source: { encoding: 'UTF8', collation: 'C', roles: [], extensions: [], definitions: { table: { a: '1', b: '2' }, view: { v: '3' } } },
    ...changes,
  };
}

function table(name: string, rows: number, sha256: string): Scan['tables'][number] {
  return { name, rows, bytes: rows * 10, sha256 };
}

const nothing = { come: [], gone: [], changed: [] };

describe('the difference between two scans', () => {
  it('of equal ones is none', () => {
    expect(scanDifference(scan(), scan())).toEqual({ tables: { ...nothing, same: 2 }, sequences: nothing, definitions: nothing, objects: [] });
  });

  it('names tables that came, went and changed, sequences that moved, definitions and numbers of other objects', () => {
    const source = { ...scan().source, definitions: { table: { a: '1', c: '9' }, view: { v: '4' } } } as Scan['source'];
    const later = scan({
      tables: [table('a', 1, 'other'), table('c', 7, 'z')],
      sequences: [{ name: 'a_id_seq', value: '6', called: true }],
      objects: { index: 3, trigger: 1 },
      source,
    });
    expect(scanDifference(scan(), later)).toEqual({
      tables: { come: [{ name: 'c', rows: 7 }], gone: [{ name: 'b', rows: 2 }], changed: [{ name: 'a', rows: 1, before: 1 }], same: 0 },
      sequences: { ...nothing, changed: ['a_id_seq'] },
      definitions: { come: ['table c'], gone: ['table b'], changed: ['view v'] },
      objects: [
        { kind: 'index', before: 2, after: 3 },
        { kind: 'trigger', before: 0, after: 1 },
        { kind: 'view', before: 1, after: 0 },
      ],
    });
  });

  it.each<[string, Scan, string]>([
    ['of another version of the server', scan({ product: { name: 'PostgreSQL', version: '18.1' } }), 'PostgreSQL 17.12 and PostgreSQL 18.1'],
    ['without digests', scan({ source: undefined }), 'no digests of definitions'],
  ])('does not compare definitions with a scan %s, and says so', (_, later, reason) => {
    const { definitions, notCompared } = scanDifference(scan(), later);
    expect(definitions).toBeUndefined();
    expect(notCompared).toContain(reason);
  });

  it('knows the definitions of every engine that keeps them, and names that are properties of every object', () => {
    const of = (definitions: Record<string, string>) =>
      scan({
        engine: 'mysql',
        product: { name: 'MariaDB', version: '11.8' },
        source: undefined,
        mysql: {
          database: 'd',
          characterSet: 'utf8mb4',
          collation: 'utf8mb4_bin',
          lowerCaseTableNames: 0,
          sqlMode: '',
          definers: [],
          zones: [],
          size: 0,
          options: [],
          definitions,
        },
      });
    expect(scanDifference(of({ 'VIEW v': '1' }), of({ 'VIEW v': '2', constructor: '1' })).definitions).toEqual({
      come: ['constructor'],
      gone: [],
      changed: ['VIEW v'],
    });
  });
});
