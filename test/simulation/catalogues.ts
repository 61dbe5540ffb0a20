import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import { DynamodbCatalogue } from '../../core/catalogue/dynamodb/catalogue.ts';
import { SqliteCatalogue } from '../../core/catalogue/sqlite/catalogue.ts';
import { MemoryTables } from '../support/memory-tables.ts';

/** Makers of both homes' catalogues, in memory: no disk and no network is part of what a simulation shows. */
export const catalogues: Record<'sqlite' | 'dynamodb', () => Catalogue> = {
  sqlite: () => new SqliteCatalogue(':memory:'),
  dynamodb: () => new DynamodbCatalogue(new MemoryTables().client(), { records: 'records', audit: 'audit' }),
};
