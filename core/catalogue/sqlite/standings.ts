import { type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import { type KnownDatabase, nameAt, type Standing, type Standings } from '../standings.ts';
import type { CatalogueFile } from './database.ts';

/**
 * Selects the databases in a table beyond `?1`, each found from the one before by an index: DISTINCT would read every
 * row.
 */
function databasesIn(table: string): string {
  const following = (name: string) => `(SELECT min(database) FROM ${table} WHERE database > ${name})`;
  return `SELECT database FROM (
    WITH RECURSIVE each(database) AS (SELECT ${following('?1')} UNION ALL SELECT ${following('each.database')} FROM each WHERE database IS NOT NULL)
    SELECT database FROM each WHERE database IS NOT NULL)`;
}

export class SqliteStandings implements Standings {
  readonly #file: CatalogueFile;

  constructor(file: CatalogueFile) {
    this.#file = file;
  }

  async get(database: string): Promise<Standing | undefined> {
    return this.#file.records<Standing>('SELECT record FROM standing WHERE database = ?', database)[0];
  }

  async list({ after, limit = usualLimit }: Paging = {}): Promise<Page<KnownDatabase>> {
    const rows = this.#file.records<{ database: string; standing: Standing | null }>(
      `SELECT '{"database":' || json_quote(database) || ',"standing":' || coalesce(record, 'null') || '}' AS record
       FROM (SELECT database FROM standing WHERE database > ?1 UNION ${['backup', 'run', 'incident'].map(databasesIn).join(' UNION ')})
       LEFT JOIN standing USING (database) ORDER BY database LIMIT ?2`,
      after === undefined ? '' : nameAt(after),
      limit + 1,
    );
    const known = rows.map(({ database, standing }): KnownDatabase => ({ database, ...(standing && { standing }) }));
    return pageOf(known, limit, ({ database }) => database);
  }

  /** Computes outside of a transaction, which would keep others from writing, and writes if nobody came between. */
  async write(database: string, compute: (there: Standing | undefined) => Promise<Standing>): Promise<Standing> {
    while (true) {
      const there = this.#file.row('SELECT version, record FROM standing WHERE database = ?', database);
      const version = Number(there?.version ?? 0);
      const standing = await compute(there && this.#file.parsed<Standing>(there.record));
      const written = this.#file.run(
        `INSERT INTO standing (database, version, record) VALUES (?1, ?2 + 1, ?3)
         ON CONFLICT (database) DO UPDATE SET version = excluded.version, record = excluded.record WHERE version = ?2`,
        database,
        version,
        JSON.stringify(standing),
      );
      if (written > 0) return standing;
    }
  }
}
