import type { Table } from './table.ts';

const pk = 'databases';

/** The databases that have records: a partition for each of them is asked where a list names none. */
export class Databases {
  readonly #table: Table;
  readonly #noted = new Set<string>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** To be called before a database's records are written, so that none is ever unlisted. */
  async note(database: string): Promise<void> {
    if (this.#noted.has(database)) return;
    await this.#table.put({ pk, sk: database }, {});
    this.#noted.add(database);
  }

  /** What `list` gives for the one that is named, or for each. */
  async each<Result>(database: string | undefined, list: (database: string) => Promise<Result[]>): Promise<Result[]> {
    const names = database === undefined ? (await this.#table.query(pk)).map(({ sk }) => String(sk)) : [database];
    return (await Promise.all(names.map(list))).flat();
  }
}
