import { describe } from 'vitest';
import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import { describeAws } from '../support/aws.ts';
import { dynamodbTables } from '../support/dynamodb.ts';
import { auditContract } from './audit.ts';
import { backupsContract } from './backups.ts';
import { incidentsContract } from './incidents.ts';
import { runsContract } from './runs.ts';
import { standingsContract } from './standings.ts';

/** Returns one part of two catalogues that share their tables. */
function twoOf<Part extends keyof Catalogue>(part: Part) {
  return async () => {
    const { catalogue } = await dynamodbTables();
    return { one: catalogue()[part], other: catalogue()[part] };
  };
}

describeAws('the catalogue in DynamoDB', () => {
  describe('runs', () => runsContract(twoOf('runs')));
  describe('backups', () => backupsContract(twoOf('backups')));
  describe('incidents', () => incidentsContract(twoOf('incidents')));
  describe('audit', () => auditContract(twoOf('audit')));
  describe('standings', () =>
    standingsContract(async () => {
      const { catalogue } = await dynamodbTables();
      return { one: catalogue(), other: catalogue() };
    }));
});
