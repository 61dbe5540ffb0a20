import type { Catalogue } from '../catalogue.ts';
import { SqliteAudit } from './audit.ts';
import { SqliteBackups } from './backups.ts';
import { CatalogueFile } from './database.ts';
import { SqliteIncidents } from './incidents.ts';
import { SqliteRuns } from './runs.ts';
import { SqliteStandings } from './standings.ts';

/** Name of the catalogue in the state folder. */
export const catalogueFile = 'catalogue.sqlite3';

/** The catalogue in one SQLite file, shared by the service and the commands of one machine. */
export class SqliteCatalogue implements Catalogue, Disposable {
  readonly runs: SqliteRuns;
  readonly backups: SqliteBackups;
  readonly incidents: SqliteIncidents;
  readonly standings: SqliteStandings;
  readonly audit: SqliteAudit;
  readonly #file: CatalogueFile;

  constructor(path: string) {
    this.#file = new CatalogueFile(path);
    this.runs = new SqliteRuns(this.#file);
    this.backups = new SqliteBackups(this.#file);
    this.incidents = new SqliteIncidents(this.#file);
    this.standings = new SqliteStandings(this.#file);
    this.audit = new SqliteAudit(this.#file);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
