import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { newDynamodb } from '../../../../core/aws/clients.ts';
import { DynamodbCatalogue } from '../../../../core/catalogue/dynamodb/catalogue.ts';
import type { Run } from '../../../../core/catalogue/runs.ts';
import { CatalogueUnavailableError, ConfigurationError } from '../../../../core/errors.ts';
import { runId } from '../../../../core/names.ts';
import { describeAws } from '../../../support/aws.ts';
import { brokenAt } from '../../../support/chain.ts';
import { dynamodbTables } from '../../../support/dynamodb.ts';
import { always, type FaultProxy } from '../../../support/fault-proxy.ts';
import { auditOf, backupOf, incidentOf } from '../../../support/records.ts';
import { withoutBackOff } from '../../../support/without-back-off.ts';

const backup = backupOf('2026-11-22T05:00:00Z');
const now = new Date('2026-11-22T05:00:10.000Z');
const options = { now, leaseEnds: new Date('2026-11-22T06:00:00Z'), again: false };

function run(slot: string): Run {
  const instant = new Date(slot);
  const id = runId('main', instant, 'scheduled');
  return {
    id,
    database: 'main',
    slot: instant.toISOString(),
    kind: 'scheduled',
    requestedBy: 'test',
    execution: id,
    status: 'running',
    startedAt: slot,
    attempts: 0,
  };
}

const cancelled = (code: string) => ({ error: 400, code: 'TransactionCanceledException', more: { CancellationReasons: [{ Code: code }] } });
const transactionsIn = (proxy: FaultProxy) => proxy.calls.filter(({ operation }) => operation === 'TransactWriteItems');

withoutBackOff();

describeAws('the catalogue in DynamoDB', () => {
  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'InternalServerError'])('waits while reads end with %s', async (code) => {
    const { proxy, catalogue } = await dynamodbTables();
    proxy.fail('GetItem', { error: code.startsWith('Internal') ? 500 : 400, code }, { times: 2 });
    expect(await catalogue().backups.get(backup.id)).toBeUndefined();
    expect(proxy.calls).toHaveLength(3);
  });

  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])('tries a transaction again that was cancelled by a %s', async (code) => {
    const { proxy, catalogue } = await dynamodbTables();
    proxy.fail('TransactWriteItems', cancelled(code), { times: 3 });
    await catalogue().backups.add(backup);
    expect((await catalogue().backups.list()).items).toEqual([backup]);
  });

  it('is a CatalogueUnavailableError that names the table when throttling does not end', async () => {
    const { proxy, catalogue, tables } = await dynamodbTables();
    proxy.fail('GetItem', { error: 400, code: 'ThrottlingException' }, { times: always });
    const error = await catalogue()
      .backups.get(backup.id)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CatalogueUnavailableError);
    expect(String(error)).toContain(tables.records);
    expect(String(error)).toContain('ThrottlingException');
  });

  it.each([
    ['a role without the right', { error: 400, code: 'AccessDeniedException' }],
    ['a transaction that DynamoDB finds invalid', cancelled('ValidationError')],
  ])('is a CatalogueUnavailableError at once for %s', async (_, fault) => {
    const { proxy, catalogue } = await dynamodbTables();
    proxy.fail('TransactWriteItems', fault, { times: always });
    await expect(catalogue().audit.append(auditOf('never'))).rejects.toBeInstanceOf(CatalogueUnavailableError);
    expect(transactionsIn(proxy)).toHaveLength(1);
  });

  it('is a CatalogueUnavailableError when others always come first', async () => {
    const { proxy, catalogue } = await dynamodbTables();
    proxy.fail('TransactWriteItems', cancelled('TransactionConflict'), { times: always });
    await expect(catalogue().audit.append(auditOf('never'))).rejects.toThrow(/another writer came first/);
    expect((await catalogue().audit.list()).items).toEqual([]);
  });

  it('is a CatalogueUnavailableError for tables that are not there', async () => {
    const { client } = await dynamodbTables();
    const nowhere = new DynamodbCatalogue(client, { records: 'nowhere', audit: 'nowhere' });
    await expect(nowhere.runs.list({})).rejects.toBeInstanceOf(CatalogueUnavailableError);
    await expect(nowhere.audit.append(auditOf('never'))).rejects.toBeInstanceOf(CatalogueUnavailableError);
  });

  it('is a CatalogueUnavailableError when nothing answers', async () => {
    const client = newDynamodb({ endpoint: 'http://127.0.0.1:1', region: 'eu-west-3', credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
    await expect(new DynamodbCatalogue(client, { records: 'a', audit: 'b' }).backups.list()).rejects.toBeInstanceOf(CatalogueUnavailableError);
  });

  it('does once what was done although its answer was lost', async () => {
    const { proxy, catalogue } = await dynamodbTables();
    proxy.fail('TransactWriteItems', { does: 'lose the answer' }, { times: always, every: 2 });
    const { runs, audit, backups } = catalogue();
    const opened = run('2026-11-22T05:00:00Z');
    expect(await runs.open(opened, options)).toEqual({ opened: true, run: opened });
    await audit.append(auditOf('once'));
    await backups.add({ ...backup, rows: 0 });
    await backups.change(backup.id, (record) => ({ ...record, rows: record.rows + 1 }));
    expect(transactionsIn(proxy)).toHaveLength(8); // four, each sent twice
    expect((await audit.list()).items.map(({ detail }) => detail)).toEqual(['once']);
    expect(await backups.get(backup.id)).toMatchObject({ rows: 1 });
  });

  it('tells the one who ended a run although the answer was lost', async () => {
    const { proxy, catalogue } = await dynamodbTables();
    const { runs } = catalogue();
    const opened = run('2026-11-22T05:00:00Z');
    await runs.open(opened, options);
    proxy.calls.length = 0;
    proxy.fail('TransactWriteItems', { does: 'lose the answer' });
    expect(await runs.end(opened, { status: 'succeeded' }, now)).toBe(true);
    expect(transactionsIn(proxy)).toHaveLength(2);
  });

  it('never scans, reads consistently, and names no attribute in an expression', async () => {
    const { proxy, catalogue } = await dynamodbTables();
    const { audit, backups, incidents, runs } = catalogue();
    const opened = run('2026-11-22T05:00:00Z');
    await runs.open(opened, options);
    await runs.change(opened.id, opened.execution, (there) => ({ ...there, attempts: 1 }));
    await runs.list({ status: 'running' });
    await runs.end(opened, { status: 'succeeded' }, now);
    await runs.list({});
    await backups.add(backup);
    await backups.change(backup.id, (record) => ({ ...record, rows: 1 }));
    await backups.list();
    await backups.remove(backup.id);
    await incidents.change('main', 'backup-failed', () => incidentOf('2026-11-22T05:00:00Z'));
    await incidents.change('main', 'backup-failed', (open) => open && { ...open, endedAt: now.toISOString() });
    await incidents.list();
    await audit.append(auditOf('something'));
    await audit.list({ subject: 'main' });
    expect(new Set(proxy.operations())).toEqual(new Set(['GetItem', 'Query', 'PutItem', 'TransactWriteItems']));
    for (const { operation, body } of proxy.calls) {
      if (operation === 'GetItem' || operation === 'Query') expect(JSON.parse(body)).toMatchObject({ ConsistentRead: true });
      for (const [, expression = ''] of body.matchAll(/"\w+Expression":"([^"]*)"/g))
        expect(expression.replace(/attribute_not_exists|begins_with|AND|OR|[#:]\w+/g, '')).toMatch(/^[ ().,<>=]*$/);
    }
  });

  it('only creates in the audit table', async () => {
    const { proxy, catalogue, tables } = await dynamodbTables();
    for (const detail of ['one', 'two']) await catalogue().audit.append(auditOf(detail));
    const writes = transactionsIn(proxy).flatMap(({ body }) => (JSON.parse(body) as { TransactItems: object[] }).TransactItems);
    expect(writes).toHaveLength(4);
    for (const write of writes) expect(write).toMatchObject({ Put: { TableName: tables.audit, ConditionExpression: 'attribute_not_exists(#pk)' } });
  });

  it('follows pages: a partition of more than one MiB is listed whole', async () => {
    const { proxy, catalogue, client, tables } = await dynamodbTables();
    const { backups } = catalogue();
    const many = ['22', '23', '24', '25', '26'].map((day) => backupOf(`2026-11-${day}T05:00:00Z`));
    for (const each of many) await backups.add(each);
    // larger than any of ours, so that few make a page
    const fat = (sk: string, record: object) => ({
      pk: 'backup#main',
      sk,
      format: 1,
      version: 'x',
      record: { ...record, objects: { ...backup.objects, proofs: ['x'.repeat(300_000)] } },
    });
    for (const each of many) await client.send(new PutCommand({ TableName: tables.records, Item: fat(each.id, each) }));
    proxy.calls.length = 0;
    expect((await backups.list({ database: 'main' })).items.map(({ id }) => id)).toEqual(many.map(({ id }) => id).reverse());
    expect(proxy.calls.filter(({ operation }) => operation === 'Query').length).toBeGreaterThan(1);
  });

  it('cuts texts that are too long for an item, and the chain holds', async () => {
    const { catalogue } = await dynamodbTables();
    const { audit, backups, incidents, runs } = catalogue();
    const message = '€'.repeat(300_000);
    const opened = run('2026-11-22T05:00:00Z');
    await runs.end(opened, { status: 'failed', error: { name: 'ToolFailedError', message } }, now);
    await audit.append(auditOf(message, message));
    await audit.append(auditOf('next'));
    await backups.add({ ...backup, hold: { by: 'cli:alice', since: now.toISOString(), reason: message } });
    const incident = incidentOf('2026-11-22T05:00:00Z');
    await incidents.change('main', 'backup-failed', () => ({ ...incident, last: { ...incident.last, error: { name: 'ToolFailedError', message } } }));
    expect((await runs.get(opened.id))?.error?.message).toMatch(/^€{4000}…$/);
    expect(brokenAt((await audit.list()).items.reverse())).toBeUndefined();
    expect((await incidents.list()).items[0]?.last.error.message).toMatch(/^€{4000}…$/);
    expect((await backups.get(backup.id))?.hold?.reason).toMatch(/^€{4000}…$/);
  });

  it('reads a backup that version 1 has written, and writes it on', async () => {
    const { catalogue, client, tables } = await dynamodbTables();
    const { backups } = catalogue();
    await backups.add(backup);
    const old = { ...backup, objects: ['a dump', 'its scan', 'a proof'] };
    await client.send(new PutCommand({ TableName: tables.records, Item: { pk: 'backup#main', sk: backup.id, format: 1, version: 'x', record: old } }));
    const expected = { ...backup, objects: { dump: 'a dump', scan: 'its scan', proofs: ['a proof'] } };
    expect(await backups.get(backup.id)).toEqual(expected);
    expect((await backups.list()).items).toEqual([expected]);
    expect(await backups.change(backup.id, (record) => ({ ...record, rows: 1 }))).toEqual({ ...expected, rows: 1 });
    expect(await backups.get(backup.id)).toEqual({ ...expected, rows: 1 });
  });

  it('is a ConfigurationError for an item that a newer version has written', async () => {
    const { catalogue, client, tables } = await dynamodbTables();
    await client.send(new PutCommand({ TableName: tables.records, Item: { pk: 'backup#main', sk: backup.id, format: 3, version: 'x', record: backup } }));
    await expect(catalogue().backups.get(backup.id)).rejects.toBeInstanceOf(ConfigurationError);
  });

  it.each(['nobody', 'main', '__proto__', '', 'main-20261399_050000Z'])('knows nothing under the id %j', async (id) => {
    const { catalogue } = await dynamodbTables();
    const { backups, runs } = catalogue();
    expect(await runs.get(id)).toBeUndefined();
    expect(await backups.get(id)).toBeUndefined();
    expect(await backups.change(id, (record) => record)).toBeUndefined();
    await backups.remove(id);
  });

  it('lets a run be among those running exactly while it is', async () => {
    const { proxy, catalogue } = await dynamodbTables();
    const { runs } = catalogue();
    const opened = run('2026-11-22T05:00:00Z');
    await runs.open(opened, options);
    expect((await runs.list({ status: 'running', database: 'main' })).items).toEqual([opened]);
    expect((await runs.list({ status: 'running', database: 'mai' })).items).toEqual([]);
    await runs.end(opened, { status: 'succeeded' }, now);
    proxy.calls.length = 0;
    expect((await runs.list({ status: 'running' })).items).toEqual([]);
    expect(proxy.calls).toHaveLength(1); // no mark of a run that has ended is left to be looked after
  });
});
