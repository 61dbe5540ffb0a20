import { randomUUID } from 'node:crypto';
import type { Incident, IncidentKind, Incidents } from '../incidents.ts';
import type { Databases } from './databases.ts';
import type { Item, Key, Table, Write } from './table.ts';

const partition = (database: string) => `incident#${database}`;

export class DynamodbIncidents implements Incidents {
  readonly #table: Table;
  readonly #databases: Databases;

  constructor(table: Table, databases: Databases) {
    this.#table = table;
    this.#databases = databases;
  }

  async change(database: string, kind: IncidentKind, change: (open: Incident | undefined) => Incident | undefined): Promise<Incident | undefined> {
    await this.#databases.note(database);
    const key: Key = { pk: partition(database), sk: `open#${kind}` };
    return this.#table.untilDone(`${key.pk} ${key.sk}`, async () => {
      const there = await this.#table.get<Incident>(key);
      const changed = change(there?.record);
      if (!changed) return { result: there?.record };
      const writes = changed.endedAt === undefined ? [this.#table.replacing(there, key, changed)] : this.#closing(there, key, changed);
      return this.#table.transact(writes, changed);
    });
  }

  async list({ database, ended }: { database?: string; ended?: boolean } = {}): Promise<Incident[]> {
    const items = await this.#databases.each(database, (name) => this.#table.query<Incident>(partition(name), ended ? {} : { prefix: 'open#' }));
    return items.map(({ record }) => record).sort(oldestFirst);
  }

  #closing(there: Item<Incident> | undefined, key: Key, ended: Incident): Write[] {
    const closed: Key = { pk: key.pk, sk: `ended#${ended.since}#${ended.kind}#${randomUUID()}` };
    return [there ? this.#table.removing(there) : this.#table.absent(key), this.#table.replacing(undefined, closed, ended)];
  }
}

/** Sorts by beginning; of one instant, the closed one before the one that followed it. */
function oldestFirst(one: Incident, other: Incident): number {
  if (one.since !== other.since) return one.since < other.since ? -1 : 1;
  return (one.endedAt ?? '~') < (other.endedAt ?? '~') ? -1 : 1;
}
