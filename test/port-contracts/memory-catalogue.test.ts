import { describe } from 'vitest';
import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import { DynamodbCatalogue } from '../../core/catalogue/dynamodb/catalogue.ts';
import { MemoryTables } from '../support/memory-tables.ts';
import { auditContract } from './audit.ts';
import { backupsContract } from './backups.ts';
import { incidentsContract } from './incidents.ts';
import { runsContract } from './runs.ts';
import { standingsContract } from './standings.ts';

/** Makes two catalogues of DynamoDB that share tables in memory. */
async function two() {
  const tables = new MemoryTables();
  const catalogue = () => new DynamodbCatalogue(tables.client(), { records: 'records', audit: 'audit' });
  return { one: catalogue(), other: catalogue() };
}

/** Returns one part of two catalogues that share their tables. */
function twoOf<Part extends keyof Catalogue>(part: Part) {
  return async () => {
    const { one, other } = await two();
    return { one: one[part], other: other[part] };
  };
}

describe('runs', () => runsContract(twoOf('runs')));
describe('backups', () => backupsContract(twoOf('backups')));
describe('incidents', () => incidentsContract(twoOf('incidents')));
describe('audit', () => auditContract(twoOf('audit')));
describe('standings', () => standingsContract(two));
