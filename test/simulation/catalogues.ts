import { randomUUID } from 'node:crypto';
import { newDynamodb } from '../../core/aws/clients.ts';
import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import { DynamodbCatalogue } from '../../core/catalogue/dynamodb/catalogue.ts';
import { SqliteCatalogue } from '../../core/catalogue/sqlite/catalogue.ts';
import { makeTables } from '../support/dynamodb-tables.ts';
import { MemoryTables } from '../support/memory-tables.ts';

/** Makers of both homes' catalogues, in memory: no disk and no network is part of what a simulation shows. */
export const catalogues: Record<'sqlite' | 'dynamodb', () => Catalogue> = {
  sqlite: () => new SqliteCatalogue(':memory:'),
  dynamodb: () => new DynamodbCatalogue(new MemoryTables().client(), { records: 'records', audit: 'audit' }),
};

/** Makes a catalogue in tables of its own, which an emulator of DynamoDB at this address keeps. */
export async function overHttp(endpoint: string): Promise<Catalogue> {
  const client = newDynamodb({ endpoint, region: 'eu-west-3', credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
  const tables = { records: `records-${randomUUID()}`, audit: `audit-${randomUUID()}` };
  await makeTables(client, tables);
  return new DynamodbCatalogue(client, tables);
}
