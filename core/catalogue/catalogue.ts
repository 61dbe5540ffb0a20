import type { Audit } from './audit.ts';
import type { Backups } from './backups.ts';
import type { Incidents } from './incidents.ts';
import type { Runs } from './runs.ts';
import type { Standings } from './standings.ts';

/** The catalogue: a DynamoDB table, or a SQLite file. */
export interface Catalogue {
  runs: Runs;
  backups: Backups;
  incidents: Incidents;
  standings: Standings;
  audit: Audit;
}
