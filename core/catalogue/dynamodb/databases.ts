import type { Item, Key, Table } from './table.ts';

const pk = 'databases';

/** Databases that have records. A list that names no database queries a partition for each of them. */
export class Databases {
  readonly #table: Table;
  readonly #noted = new Set<string>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** Notes a database. Call it before writing records of it, so that none is ever unlisted. */
  async note(database: string): Promise<void> {
    if (this.#noted.has(database)) return;
    await this.#table.putNew(this.key(database), {});
    this.#noted.add(database);
  }

  /** Returns the key of a database's item, which holds its standing. */
  key(database: string): Key {
    return { pk, sk: database };
  }

  /** Returns the items of all databases, by name. */
  items<Value>(): Promise<Item<Value>[]> {
    return this.#table.query<Value>(pk);
  }

  /** Returns the results of `list` for the named database, or for each. */
  async each<Result>(database: string | undefined, list: (database: string) => Promise<Result[]>): Promise<Result[]> {
    const names = database === undefined ? (await this.items()).map(({ sk }) => String(sk)) : [database];
    return (await Promise.all(names.map(list))).flat();
  }
}
