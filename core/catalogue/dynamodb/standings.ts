import { type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import { type KnownDatabase, nameAt, type Standing, type Standings } from '../standings.ts';
import type { Databases } from './databases.ts';
import type { Table } from './table.ts';

export class DynamodbStandings implements Standings {
  readonly #table: Table;
  readonly #databases: Databases;

  constructor(table: Table, databases: Databases) {
    this.#table = table;
    this.#databases = databases;
  }

  async get(database: string): Promise<Standing | undefined> {
    return written((await this.#table.get<Partial<Standing>>(this.#databases.key(database)))?.record);
  }

  /** Reads them all: a deployment has few databases. */
  async list({ after, limit = usualLimit }: Paging = {}): Promise<Page<KnownDatabase>> {
    const name = after === undefined ? '' : nameAt(after);
    const known = (await this.#databases.items<Partial<Standing>>()).map(({ sk, record }): KnownDatabase => {
      const standing = written(record);
      return { database: String(sk), ...(standing && { standing }) };
    });
    return pageOf(
      known.filter(({ database }) => database > name),
      limit,
      ({ database }) => database,
    );
  }

  async write(database: string, compute: (there: Standing | undefined) => Promise<Standing>): Promise<Standing> {
    const key = this.#databases.key(database);
    return this.#table.untilDone(`${key.pk} ${key.sk}`, async () => {
      const there = await this.#table.get<Partial<Standing>>(key);
      const standing = await compute(written(there?.record));
      return this.#table.transact([this.#table.replacing(there, key, standing)], standing);
    });
  }
}

/** A database that was noted, and no more, has an empty record. */
function written(record: Partial<Standing> | undefined): Standing | undefined {
  return record?.database === undefined ? undefined : (record as Standing);
}
