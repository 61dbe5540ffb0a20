import { type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import { type KnownDatabase, nameAt, type Standing, type Standings } from '../standings.ts';
import type { CatalogueFile } from './database.ts';

/** Query for the names in a large table, from one to the next by its index: SQLite's DISTINCT would read every row. */
function namesIn(table: 'backup' | 'run'): string {
  return `SELECT * FROM (WITH RECURSIVE name (database) AS (
    SELECT min(database) FROM ${table} UNION ALL SELECT (SELECT min(database) FROM ${table} WHERE database > name.database) FROM name WHERE database IS NOT NULL
  ) SELECT database FROM name WHERE database IS NOT NULL)`;
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
      `SELECT json_object('database', database, 'standing', json(record)) AS record
       FROM (SELECT database FROM standing UNION ${namesIn('backup')} UNION ${namesIn('run')} UNION SELECT database FROM incident)
       LEFT JOIN standing USING (database) WHERE database > ?1 ORDER BY database LIMIT ?2`,
      after === undefined ? '' : nameAt(after),
      limit + 1,
    );
    const known = rows.map(({ database, standing }): KnownDatabase => ({ database, ...(standing && { standing }) }));
    return pageOf(known, limit, ({ database }) => database);
  }

  /** Computes outside of a transaction, which would keep others from writing, and writes if nobody came between. */
  async write(database: string, compute: (there: Standing | undefined) => Promise<Standing>): Promise<Standing> {
    while (true) {
      const version = this.#version(database);
      const standing = await compute(await this.get(database));
      const isWritten = this.#file.transaction(() => {
        if (this.#version(database) !== version) return false;
        this.#file.run('INSERT OR REPLACE INTO standing (database, version, record) VALUES (?, ?, ?)', database, version + 1, JSON.stringify(standing));
        return true;
      });
      if (isWritten) return standing;
    }
  }

  #version(database: string): number {
    return Number(this.#file.row('SELECT version FROM standing WHERE database = ?', database)?.version ?? 0);
  }
}
