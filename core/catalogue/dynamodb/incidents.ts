import { randomUUID } from 'node:crypto';
import { type Incident, type IncidentKind, type Incidents, readIncident } from '../incidents.ts';
import { noPlace, type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import type { Databases } from './databases.ts';
import type { Item, Key, Table, Write } from './table.ts';

/** Partition of a database's incidents. No database's name is empty: that is the vault's. */
const partition = (database = '') => `incident#${database}`;

export class DynamodbIncidents implements Incidents {
  readonly #table: Table;
  readonly #databases: Databases;

  constructor(table: Table, databases: Databases) {
    this.#table = table;
    this.#databases = databases;
  }

  async change(database: string | undefined, kind: IncidentKind, change: (open: Incident | undefined) => Incident | undefined): Promise<Incident | undefined> {
    if (database !== undefined) await this.#databases.note(database);
    const key: Key = { pk: partition(database), sk: `open#${kind}` };
    return this.#table.untilDone(`${key.pk} ${key.sk}`, async () => {
      const there = await this.#table.get<Incident>(key);
      const changed = change(there && readIncident(there.record));
      if (!changed) return { result: there && readIncident(there.record) };
      const writes = changed.endedAt === undefined ? [this.#table.replacing(there, key, changed)] : this.#closing(there, key, changed);
      return this.#table.transact(writes, changed);
    });
  }

  /** Lists incidents, and reads them all: a database has few open ones at a time, and few a year. */
  async list({ database, ended, after, limit = usualLimit }: { database?: string; ended?: boolean } & Paging = {}): Promise<Page<Incident>> {
    const within = (name?: string) => this.#table.query<Incident>(partition(name), ended ? {} : { prefix: 'open#' });
    const items = (await Promise.all([this.#databases.each(database, within), database === undefined ? within() : []])).flat();
    if (after !== undefined && !position.test(after)) throw noPlace(after);
    const placed = items
      .map((item) => ({ incident: readIncident(item.record), position: positionOf(item) }))
      .sort((one, other) => (one.position < other.position ? -1 : 1));
    const page = pageOf(
      placed.filter(({ position }) => after === undefined || position > after),
      limit,
      ({ position }) => position,
    );
    return { ...page, items: page.items.map(({ incident }) => incident) };
  }

  #closing(there: Item<Incident> | undefined, key: Key, ended: Incident): Write[] {
    const closed: Key = { pk: key.pk, sk: `ended#${ended.since}#${ended.kind}#${randomUUID()}` };
    return [there ? this.#table.removing(there) : this.#table.absent(key), this.#table.replacing(undefined, closed, ended)];
  }
}

const position = /^\d{4}-\S+Z (~|\d{4}-\S+Z) incident#\S+ (open|ended)#\S+$/;

/** Sorts by beginning; of one instant, the closed one before the one that followed it. */
function positionOf({ pk, sk, record: { since, endedAt } }: Item<Incident>): string {
  return `${since} ${endedAt ?? '~'} ${pk} ${sk}`;
}
