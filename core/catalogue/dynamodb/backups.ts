import { partsOfRunId } from '../../names.ts';
import { type Backup, type Backups, readBackup, type StoredBackup } from '../backups.ts';
import type { Page, Paging } from '../page.ts';
import type { Databases } from './databases.ts';
import { newestOf } from './newest.ts';
import type { Item, Key, Table } from './table.ts';

const partition = (database: string) => `backup#${database}`;

export class DynamodbBackups implements Backups {
  readonly #table: Table;
  readonly #databases: Databases;

  constructor(table: Table, databases: Databases) {
    this.#table = table;
    this.#databases = databases;
  }

  async add(backup: Backup): Promise<void> {
    await this.#databases.note(backup.database);
    const key = { pk: partition(backup.database), sk: backup.id };
    return this.#table.untilDone(backup.id, async () => {
      const isThere = (await this.#table.get(key)) !== undefined;
      return isThere ? { result: undefined } : this.#table.transact([this.#table.replacing(undefined, key, backup)], undefined);
    });
  }

  async get(id: string): Promise<Backup | undefined> {
    return (await this.#item(id))?.record;
  }

  async list({ database, ...paging }: { database?: string | undefined } & Paging = {}): Promise<Page<Backup>> {
    return newestOf(paging, (part) =>
      this.#databases.each(database, async (name) => {
        const items = await this.#table.query<StoredBackup>(partition(name), part(name));
        return items.map((item) => ({ ...item, record: readBackup(item.record) }));
      }),
    );
  }

  async change(id: string, change: (backup: Backup) => Backup | undefined): Promise<Backup | undefined> {
    return this.#table.untilDone(id, async () => {
      const there = await this.#item(id);
      const changed = there && change(there.record);
      if (!changed) return { result: there?.record };
      return this.#table.transact([this.#table.replacing(there, there, changed)], changed);
    });
  }

  async remove(id: string): Promise<void> {
    const key = keyOf(id);
    if (key) await this.#table.untilDone(id, () => this.#table.transact([this.#table.clearing(key)], undefined));
  }

  async #item(id: string): Promise<Item<Backup> | undefined> {
    const key = keyOf(id);
    const item = key && (await this.#table.get<StoredBackup>(key));
    return item && { ...item, record: readBackup(item.record) };
  }
}

/** Returns the key of an id. People type ids; a malformed one is simply not found. */
function keyOf(id: string): Key | undefined {
  const database = partsOfRunId(id)?.database;
  return database === undefined ? undefined : { pk: partition(database), sk: id };
}
