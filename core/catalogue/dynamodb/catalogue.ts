import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Catalogue } from '../catalogue.ts';
import { DynamodbAudit } from './audit.ts';
import { DynamodbBackups } from './backups.ts';
import { Databases } from './databases.ts';
import { DynamodbIncidents } from './incidents.ts';
import { DynamodbRuns } from './runs.ts';
import { DynamodbStandings } from './standings.ts';
import { Table } from './table.ts';

/** The catalogue in two DynamoDB tables (`tables.ts`), given by name. */
export class DynamodbCatalogue implements Catalogue {
  readonly runs: DynamodbRuns;
  readonly backups: DynamodbBackups;
  readonly incidents: DynamodbIncidents;
  readonly standings: DynamodbStandings;
  readonly audit: DynamodbAudit;

  constructor(client: DynamoDBDocumentClient, tables: { records: string; audit: string }) {
    const records = new Table(client, tables.records);
    const databases = new Databases(records);
    this.runs = new DynamodbRuns(records, databases);
    this.backups = new DynamodbBackups(records, databases);
    this.incidents = new DynamodbIncidents(records, databases);
    this.standings = new DynamodbStandings(records, databases);
    this.audit = new DynamodbAudit(new Table(client, tables.audit));
  }
}
