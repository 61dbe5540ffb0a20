import { chmodSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeDocument } from '../../../../core/bytes/stored.ts';
import { readProof } from '../../../../core/documents/proof.ts';
import { proofOf, prove } from '../../../../core/operations/backup/prove.ts';
import { verify } from '../../../../core/operations/orders/verify.ts';
import { runBackup, stepsOf } from '../../../../local/workflow.ts';
import { mailsOf } from '../../../support/mail.ts';
import { request, type TestPlatform } from '../../../support/platform.ts';
import { rewriteSchema } from '../../../support/sqlite-oddities.ts';
import { flip, platformWith, stored } from '../../../support/stored-dump.ts';

const never = new AbortController().signal;
const slot = '2026-11-22T02:00:00Z';

const table = `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); CREATE INDEX by_name ON t (name);
  CREATE TABLE sound (a); INSERT INTO sound VALUES (1); INSERT INTO t (name) VALUES ('b'), ('a'), ('c');`;

const brought = [
  {
    what: 'a collation',
    name: 'by_name',
    from: '(name)',
    to: '(name COLLATE french)',
    says: /^table t could not be checked: no such collation sequence: french/,
  },
  { what: 'a function in an index', name: 'by_name', from: '(name)', to: '(sound_of(name))', says: /^table t could not be checked: .*sound_of/ },
  { what: 'a module', name: 'words', from: 'fts5', to: 'own_search', says: /^virtual table words could not be checked: no such module: own_search/ },
  { what: 'a tokenizer', name: 'words', from: '(text)', to: "(text, tokenize = 'own')", says: /^table words could not be checked/ },
];

describe('a proof', () => {
  it('is proven when everything could be checked', async () => {
    const platform = await platformWith(`${table} CREATE VIRTUAL TABLE words USING fts5(text)`);
    expect(await prove(platform, await stored(platform), never)).toMatchObject({ verdict: 'proven', differences: [], unproven: [], notes: [] });
    expect(readdirSync(platform.scratch)).toEqual([]);
  });

  it.each(brought)('is partial when the application brings $what, and says what could not be checked', async ({ name, from, to, says }) => {
    const platform = await platformWith(`${table} CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('hello')`);
    rewriteSchema(platform.source, name, from, to);
    const proof = await prove(platform, await stored(platform), never);
    expect(proof).toMatchObject({ verdict: 'partial', differences: [], unproven: [expect.stringMatching(says)] });
  });

  it('that is partial does not keep a backup from being published', async () => {
    const platform = await platformWith(table);
    rewriteSchema(platform.source, 'by_name', '(name)', '(name COLLATE french)');
    const { status, name } = await runBackup(platform, request(slot), never);
    expect(status).toBe('SUCCEEDED');
    expect(await platform.catalogue.backups.get(name)).toMatchObject({ status: 'published', proof: { verdict: 'partial' } });
  });

  it.each([
    {
      what: 'a rule of their own table',
      sql: 'CREATE TABLE rule (a, b); INSERT INTO rule VALUES (1, NULL)',
      from: 'a, b',
      to: 'a, b NOT NULL',
      says: /^rows of table rule have no value/,
    },
    {
      what: 'a foreign key',
      sql: 'PRAGMA foreign_keys = OFF; CREATE TABLE rule (id INTEGER PRIMARY KEY); CREATE TABLE child (parent REFERENCES rule (id)); INSERT INTO child VALUES (1), (2), (NULL)',
      from: 'id',
      to: 'id',
      says: /^2 rows of table child refer to rows that table rule does not have/,
    },
  ])('is flawed by rows that break $what, and the backup is made', async ({ sql, from, to, says }) => {
    const platform = await platformWith(sql);
    rewriteSchema(platform.source, 'rule', from, to);
    const { status, name } = await runBackup(platform, request(slot), never);
    expect(status).toBe('SUCCEEDED');
    const [key = ''] = (await platform.catalogue.backups.get(name))?.objects.proofs ?? [];
    const proof = await readProof(platform.vault, key);
    expect(proof).toMatchObject({ verdict: 'flawed', differences: [], flaws: [{ what: expect.stringMatching(says), comesBack: true }] });
  });
});

const tampering: { what: string; change: (files: { dump: string; scan: string }) => void; says: RegExp }[] = [
  { what: 'a byte of the dump is flipped', change: ({ dump }) => flip(dump, 60), says: /its bytes were changed/ },
  { what: 'the last byte of the dump is flipped', change: ({ dump }) => flip(dump, -1), says: /its bytes were changed/ },
  { what: 'the dump is cut short', change: ({ dump }) => truncateSync(dump, 100), says: /has 100 bytes in the vault/ },
  { what: 'the dump is gone', change: ({ dump }) => rmSync(dump), says: /the vault holds no/ },
  { what: 'the scan is altered', change: ({ scan }) => alter(scan, '"rows": 3', '"rows": 4'), says: /scan\.json has SHA-256/ },
  { what: 'the scan is gone', change: ({ scan }) => rmSync(scan), says: /the vault holds no/ },
];

function alter(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

describe('a dump that changes in the vault before it is proven', () => {
  it.each(tampering)('is refuted when $what', async ({ change, says }) => {
    const platform = await platformWith(table);
    const input = await stored(platform);
    change({ dump: join(platform.vault.root, input.dump.key), scan: join(platform.vault.root, input.scan.key) });
    await expect(prove(platform, input, never)).rejects.toMatchObject({ name: 'BackupRefutedError', message: expect.stringMatching(says) });
    expect(readdirSync(platform.scratch)).toEqual([]);
  });

  it('fails its run, which publishes nothing and tells the administrators', async () => {
    const platform = await platformWith(table);
    const steps = stepsOf(platform);
    const end = await runBackup(platform, request(slot), never, {
      ...steps,
      prove: async (input, signal) => {
        flip(join(platform.vault.root, 'main/2026/11/backup_20261122_020000Z.sqlite3.zst'), 60);
        return steps.prove(input, signal);
      },
    });
    expect(end).toMatchObject({ status: 'FAILED', error: 'BackupRefutedError' });
    expect(platform.clock.slept).toEqual([]);
    expect((await platform.catalogue.backups.list()).items).toEqual([]);
    expect((await platform.vault.list('')).filter(({ key }) => key.includes('manifest'))).toEqual([]);
    expect(mailsOf(platform)).toHaveLength(1);
  });
});

describe('a dump whose checksums are right', () => {
  it.each([
    { what: 'is no database', make: () => Buffer.alloc(10_000, 'hostile'), says: /damaged/ },
    { what: 'is empty', make: () => Buffer.alloc(0), says: /damaged/ },
    { what: 'is the head of a database', make: (whole: Uint8Array) => whole.subarray(0, 4096), says: /damaged/ },
    { what: 'has a hundred bytes', make: (whole: Uint8Array) => whole.subarray(0, 100), says: /damaged/ },
    { what: 'is another database', make: (_: Uint8Array, other: Uint8Array) => other, says: /table t is missing.*table other was not in the dump/ },
  ])('is refuted when it $what', async ({ make, says }) => {
    const platform = await platformWith(table);
    const other = await platformWith('CREATE TABLE other (a)');
    const input = await stored(platform, { bytes: make(readFileSync(platform.source), readFileSync(other.source)) });
    const proof = await proofOf(platform, input, never);
    expect(proof.verdict).toBe('refuted');
    expect(proof.differences.join('; ')).toMatch(says);
  });

  it('is a DocumentInvalidError when its scan is none', async () => {
    const platform = await platformWith(table);
    const scan = await storeDocument(platform.vault, 'main/2026/11/other.json', Buffer.from('{"format":"something else"}'));
    await expect(prove(platform, { ...(await stored(platform)), scan }, never)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
  });
});

describe('a published backup that is verified', () => {
  const manifestFile = ({ vault }: TestPlatform) => join(vault.root, 'main/2026/11/backup_20261122_020000Z.manifest.json');

  it('is refuted by a flipped byte, counts no more, and its administrators are told once', async () => {
    const platform = await platformWith(table);
    const { name } = await runBackup(platform, request(slot), never);
    flip(join(platform.vault.root, (await platform.catalogue.backups.get(name))?.objects.dump ?? ''), 40);
    for (const at of ['2026-11-22T18:00:00Z', '2026-11-22T19:00:00Z']) {
      platform.clock.set(at);
      expect(await verify(platform, { backup: name, by: 'test' }, never)).toMatchObject({
        verdict: 'refuted',
        differences: [expect.stringMatching(/changed/)],
      });
    }
    expect(await platform.catalogue.backups.get(name)).toMatchObject({ status: 'published', proof: { verdict: 'refuted' } });
    await expect(verify(platform, { backup: 'main', by: 'test' }, never)).rejects.toMatchObject({ name: 'UnknownNameError' });
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it('is an ObjectMissingError without its manifest, and a DocumentInvalidError with half of one', async () => {
    const platform = await platformWith(table);
    const { name } = await runBackup(platform, request(slot), never);
    chmodSync(manifestFile(platform), 0o600);
    truncateSync(manifestFile(platform), 300);
    await expect(verify(platform, { backup: name, by: 'test' }, never)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
    rmSync(manifestFile(platform));
    await expect(verify(platform, { backup: name, by: 'test' }, never)).rejects.toMatchObject({ name: 'ObjectMissingError' });
  });
});
