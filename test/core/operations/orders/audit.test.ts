import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type DynamoDBDocumentClient, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Audit } from '../../../../core/catalogue/audit.ts';
import { chained } from '../../../../core/catalogue/audit-chain.ts';
import { DynamodbCatalogue } from '../../../../core/catalogue/dynamodb/catalogue.ts';
import { catalogueFile } from '../../../../core/catalogue/sqlite/catalogue.ts';
import { headKeys, noteConfiguration, noteHead } from '../../../../core/operations/keeping/audit-heads.ts';
import { type AuditQuery, listAudit, verifyAudit } from '../../../../core/operations/orders/audit.ts';
import { MemoryTables } from '../../../support/memory-tables.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';

/** A platform with six entries, an hour apart, and a head after each second one. */
async function withEntries(): Promise<TestPlatform> {
  const platform = await testPlatform({ rows: 1 });
  const subjects = ['main-20261122_020000Z', 'main-20261122_101500Z_manual', 'shop-20261122_020000Z', 'vault', 'main', 'main-2-20261122_020000Z'];
  for (const [hour, subject] of subjects.entries()) {
    const at = `2026-11-22T1${hour}:00:00.000Z`;
    platform.clock.set(at);
    await platform.catalogue.audit.append({ at, by: hour % 2 ? 'cli:alice' : 'scheduler', action: 'downloaded', subject, detail: String(hour) });
    if (hour % 2) await noteHead(platform);
  }
  return platform;
}

/** Changes the log behind our back, as a user of the machine could. */
function tamper({ state }: TestPlatform, sql: string): void {
  using database = new DatabaseSync(join(state, catalogueFile));
  for (const trigger of ['audit_is_not_replaced', 'audit_is_append_only', 'audit_is_kept']) database.exec(`DROP TRIGGER IF EXISTS ${trigger}`);
  database.exec(sql);
}

const held = { at: '2026-11-22T10:00:00.000Z', by: 'cli:alice', action: 'held', subject: 'main', detail: '' } as const;

/** Gives a platform the audit log of AWS, and returns the client of its tables. */
function onAws(platform: TestPlatform): DynamoDBDocumentClient {
  const client = new MemoryTables().client();
  const { audit } = new DynamodbCatalogue(client, { records: 'records', audit: 'audit' });
  Object.assign(platform.catalogue, { audit });
  return client;
}

/** Notes the queries of a platform's audit log, and calls `after` with the number of each once it was answered. */
function watched(platform: TestPlatform, after: (number: number) => Promise<void> = async () => undefined): Parameters<Audit['list']>[0][] {
  const queries: Parameters<Audit['list']>[0][] = [];
  const { audit } = platform.catalogue;
  const list: Audit['list'] = async (query) => {
    const page = await audit.list(query);
    await after(queries.push(query));
    return page;
  };
  Object.assign(platform.catalogue, { audit: { append: (record) => audit.append(record), list, hasCopies: audit.hasCopies } satisfies Audit });
  return queries;
}

describe('the audit log', () => {
  it('that nobody has touched is whole, and agrees with the heads in the vault', async () => {
    expect(await verifyAudit(await withEntries(), {})).toEqual({ entries: 6, heads: 3, faults: [] });
    expect(await verifyAudit(await testPlatform({ rows: 1 }), {})).toEqual({ entries: 0, heads: 0, faults: [] });
  });

  it('has entries after its last head that are no fault', async () => {
    const platform = await withEntries();
    await platform.catalogue.audit.append({ at: '2026-11-22T17:00:00.000Z', by: 'x', action: 'held', subject: 'main', detail: '' });
    expect((await verifyAudit(platform, {})).faults).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ['an entry was edited', `UPDATE audit SET record = json_set(record, '$.by', 'cli:bob') WHERE sequence = 3`, /^entry 3 does not continue/],
    ['an entry was removed', 'DELETE FROM audit WHERE sequence = 3', /^entry 4 does not continue/],
    ['its end was cut off', 'DELETE FROM audit WHERE sequence > 4', /^the log ends with entry 4, and at 2026-11-22T15:00:00.000Z it had 6/],
    ['an entry was hidden from its subject', "UPDATE audit SET subject = 'main' WHERE sequence = 3", /^entry 3 does not continue/],
    ['all of it is gone', 'DELETE FROM audit', /^the log ends with entry 0, and at 2026-11-22T11:00:00.000Z it had 2/],
  ])('in which %s is found out', async (_, sql, words) => {
    const platform = await withEntries();
    tamper(platform, sql);
    expect((await verifyAudit(platform, {})).faults[0]).toMatch(words);
  });

  it('that was written anew as a whole, with a chain of its own, is found out by the heads', async () => {
    const platform = await withEntries();
    const first = chained({ at: '2026-11-22T10:00:00.000Z', by: 'nobody', action: 'downloaded', subject: 'main', detail: '' }, undefined);
    const entries = [first];
    for (let number = 2; number <= 6; number++) entries.push(chained(first, entries.at(-1)));
    tamper(platform, 'DELETE FROM audit');
    {
      using database = new DatabaseSync(join(platform.state, catalogueFile));
      const insert = database.prepare('INSERT INTO audit (sequence, subject, record) VALUES (?, ?, ?)');
      for (const entry of entries) insert.run(entry.sequence, entry.subject, JSON.stringify(entry));
    }
    const { faults } = await verifyAudit(platform, {});
    expect(faults).toHaveLength(3);
    expect(faults[0]).toBe('entry 2 is another than the one that the vault knew at 2026-11-22T11:00:00.000Z');
  });

  it('whose second copy of an entry, by which a subject is listed on AWS, was edited or removed is found out', async () => {
    const platform = await testPlatform({ rows: 1 });
    const client = onAws(platform);
    const entry = await platform.catalogue.audit.append(held);
    expect((await verifyAudit(platform, {})).faults).toEqual([]);
    const put = (record: object) => client.send(new PutCommand({ TableName: 'audit', Item: { pk: 'subject#main', sk: 1, format: 2, version: 'x', record } }));
    await put({ ...entry, action: 'retired' });
    expect((await verifyAudit(platform, {})).faults).toEqual(['entry 1 is another in the list of what concerns main']);
    await client.send(new TransactWriteCommand({ TransactItems: [{ Delete: { TableName: 'audit', Key: { pk: 'subject#main', sk: 1 } } }] }));
    expect((await verifyAudit(platform, {})).faults).toEqual(['entry 1 is missing from the list of what concerns main']);
  });

  it('of one machine is read once, in parts', async () => {
    const platform = await testPlatform({ rows: 1 });
    for (let number = 0; number < 1100; number++) await platform.catalogue.audit.append({ ...held, subject: `main-${number % 400}` });
    await noteHead(platform);
    const queries = watched(platform);
    expect(await verifyAudit(platform, {})).toEqual({ entries: 1100, heads: 1, faults: [] });
    expect(queries).toEqual([
      { after: undefined, limit: 500 },
      { after: '601', limit: 500 },
      { after: '101', limit: 500 },
    ]);
  });

  it.each(['sqlite', 'dynamodb'])('that goes on while it is verified is whole (%s)', async (kind) => {
    const platform = await testPlatform({ rows: 1 });
    if (kind === 'dynamodb') onAws(platform);
    const { audit } = platform.catalogue;
    for (let number = 0; number < 3; number++) await audit.append(held);
    watched(platform, async (number) => {
      if (number > 1) return;
      await audit.append(held); // after the first part was read
      await noteHead({ ...platform, catalogue: { ...platform.catalogue, audit } });
    });
    expect(await verifyAudit(platform, {})).toEqual({ entries: 3, heads: 0, faults: [] });
    expect((await audit.list()).items).toHaveLength(4);
  });

  it('to which AWS lists a later entry by subject alone is not whole', async () => {
    const platform = await testPlatform({ rows: 1 });
    const client = onAws(platform);
    const entry = await platform.catalogue.audit.append(held);
    const forged = chained({ ...held, action: 'retired' }, entry);
    await client.send(new PutCommand({ TableName: 'audit', Item: { pk: 'subject#main', sk: 2, format: 2, version: 'x', record: forged } }));
    expect((await verifyAudit(platform, {})).faults).toEqual(['entry 2 is another in the list of what concerns main']);
  });

  it('whose head in the vault cannot be read says so', async () => {
    const platform = await withEntries();
    writeFileSync(join(platform.vault.root, 'audit-heads/2026/11/head_20261122_110000Z.json'), '{}');
    expect((await verifyAudit(platform, {})).faults).toEqual([expect.stringContaining('head_20261122_110000Z.json cannot be understood')]);
  });
});

describe('a head', () => {
  it('is written when there is something new, and once by two watches', async () => {
    const platform = await withEntries();
    platform.clock.set('2026-11-22T16:00:00Z');
    await noteHead(platform);
    expect(await headKeys(platform)).toHaveLength(3);
    await platform.catalogue.audit.append({ at: '2026-11-22T17:00:00.000Z', by: 'x', action: 'held', subject: 'main', detail: '' });
    await Promise.all([noteHead(platform), noteHead(platform)]);
    expect(await headKeys(platform)).toHaveLength(4);
  });
});

describe('the configuration', () => {
  it('is noted when it is another, and tells nothing secret', async () => {
    const databases = { main: { engine: 'postgres', connection: { url: 'postgres://me:hunter2@localhost/app' } } } as const;
    const platform = await testPlatform({ rows: 1, config: { databases } });
    await noteConfiguration(platform);
    await noteConfiguration(platform);
    const { items } = await platform.catalogue.audit.list();
    expect(items).toMatchObject([{ action: 'configured', subject: 'configuration', detail: expect.stringMatching(/^[0-9a-f]{16}; databases: main$/) }]);
    await noteConfiguration({ ...platform, config: { ...platform.config, graceDays: 60 } });
    expect((await platform.catalogue.audit.list()).items).toHaveLength(2);
    expect(JSON.stringify(items)).not.toContain('hunter2');
  });
});

describe('a list of entries', () => {
  it.each<[AuditQuery, string[]]>([
    [{}, ['5', '4', '3', '2', '1', '0']],
    [{ database: 'main' }, ['4', '1', '0']],
    [{ database: 'main-2' }, ['5']],
    [{ database: 'vault' }, ['3']],
    [{ author: 'alice' }, ['5', '3', '1']],
    [{ author: 'cli:alice' }, ['5', '3', '1']],
    [{ author: 'lice' }, []],
    [{ since: '2026-11-22T13:00:00Z' }, ['5', '4', '3']],
    [{ until: '2026-11-22T11:00:00Z' }, ['0']],
    [{ since: '2026-11-22T11:00:00+01:00', until: '2026-11-22T12:00:00Z', database: 'main' }, ['1', '0']],
  ])('with %j has the entries %j', async (query, details) => {
    expect((await listAudit(await withEntries(), query)).items.map(({ detail }) => detail)).toEqual(details);
  });

  it('goes on in parts, though one of them has nothing of the wanted', async () => {
    const platform = await withEntries();
    for (let count = 0; count < 30; count++)
      await platform.catalogue.audit.append({ at: '2026-11-22T17:00:00.000Z', by: 'x', action: 'held', subject: 'shop', detail: '' });
    const first = await listAudit(platform, { database: 'main', limit: 1 });
    expect(first.items).toEqual([]);
    expect(first.next).toBeDefined();
    const second = await listAudit(platform, { database: 'main', limit: 1, after: first.next });
    expect(second.items).toMatchObject([{ detail: '4' }]);
    const both = await listAudit(platform, { database: 'main', limit: 2, after: second.next });
    expect(both.items).toMatchObject([{ detail: '1' }, { detail: '0' }]);
    expect(both.next).toBeUndefined();
  });
});
