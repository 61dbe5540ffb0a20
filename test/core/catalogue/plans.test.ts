import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { SqliteAudit } from '../../../core/catalogue/sqlite/audit.ts';
import { SqliteBackups } from '../../../core/catalogue/sqlite/backups.ts';
import { CatalogueFile } from '../../../core/catalogue/sqlite/database.ts';
import { SqliteIncidents } from '../../../core/catalogue/sqlite/incidents.ts';
import { SqliteRuns } from '../../../core/catalogue/sqlite/runs.ts';
import { SqliteStandings } from '../../../core/catalogue/sqlite/standings.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** A catalogue's file that asks SQLite how each query of records is carried out. */
class ExplainedFile extends CatalogueFile {
  readonly steps: string[] = [];
  readonly #path: string;

  constructor(path: string) {
    super(path);
    this.#path = path;
  }

  override records<T>(sql: string, ...values: SQLInputValue[]): T[] {
    using database = new DatabaseSync(this.#path);
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    this.steps.push(...steps.map(({ detail }) => String(detail)));
    return super.records(sql, ...values);
  }
}

async function stepsOf(list: (file: CatalogueFile) => Promise<unknown>): Promise<string[]> {
  const file = new ExplainedFile(join(temporaryFolder(), 'catalogue.sqlite3'));
  onTestFinished(() => file[Symbol.dispose]());
  await list(file);
  return file.steps;
}

const after = '2026-11-22T02:00:00.000Z main-20261122_020000Z';

it.each<[string, (file: CatalogueFile) => Promise<unknown>]>([
  ['runs of a database', (file) => new SqliteRuns(file).list({ database: 'main', limit: 1 })],
  ['failed runs of a database', (file) => new SqliteRuns(file).list({ database: 'main', status: 'failed' })],
  ['running runs', (file) => new SqliteRuns(file).list({ status: 'running' })],
  ['all runs, from a place on', (file) => new SqliteRuns(file).list({ after })],
  ['backups of a database', (file) => new SqliteBackups(file).list({ database: 'main' })],
  ['backups of a database, from a place on', (file) => new SqliteBackups(file).list({ database: 'main', after })],
  ['all backups', (file) => new SqliteBackups(file).list()],
  ['open incidents', (file) => new SqliteIncidents(file).list()],
  ['open incidents of a database', (file) => new SqliteIncidents(file).list({ database: 'main' })],
  ['all incidents of a database', (file) => new SqliteIncidents(file).list({ database: 'main', ended: true, after: '5' })],
  ['entries about a subject', (file) => new SqliteAudit(file).list({ subject: 'main', after: '5' })],
])('a list of %s reads no table from end to end, and sorts nothing', async (_, list) => {
  const steps = await stepsOf(list);
  expect(steps).not.toEqual([]);
  expect(steps.filter((step) => /^SCAN (run|backup|incident|audit)$|TEMP B-TREE/.test(step))).toEqual([]);
});

it('a list of databases sorts their names, and reads no table from end to end', async () => {
  const steps = await stepsOf((file) => new SqliteStandings(file).list({ limit: 1 }));
  expect(steps.filter((step) => /^SCAN (run|backup|incident)/.test(step))).toEqual([]);
});

it('a list of the open incidents of a database reads none that has ended', async () => {
  const steps = await stepsOf((file) => new SqliteIncidents(file).list({ database: 'main', after: '5' }));
  expect(steps).toEqual([expect.stringContaining('USING INDEX incident_that_is_open')]);
});
