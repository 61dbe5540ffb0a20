import { partsOfRunId } from '../../names.ts';
import type { Page } from '../page.ts';
import { ending, type Lease, type Opened, type OpenOptions, opening, type Run, type RunOutcome, type RunQuery, type Runs, workedOn } from '../runs.ts';
import type { Databases } from './databases.ts';
import { newestOf, type Part } from './newest.ts';
import type { Item, Key, Table } from './table.ts';
import { runsPrefix } from './tables.ts';

const runKey = ({ database, id }: { database: string; id: string }): Key => ({ pk: `${runsPrefix}${database}`, sk: id });
const runningKey = ({ id }: { id: string }): Key => ({ pk: 'running', sk: id });
const leaseKey = ({ database }: { database: string }): Key => ({ pk: `lease#${database}`, sk: 'lease' });

export class DynamodbRuns implements Runs {
  readonly #table: Table;
  readonly #databases: Databases;

  constructor(table: Table, databases: Databases) {
    this.#table = table;
    this.#databases = databases;
  }

  async open(run: Run, options: OpenOptions): Promise<Opened> {
    await this.#databases.note(run.database);
    return this.#table.untilDone<Opened>(run.database, async () => {
      const [there, held] = await this.#withLease(run);
      const { answer, lease } = opening(run, there?.record, held?.record, options);
      if (!lease) return { result: answer };
      const writes = [
        this.#table.replacing(there, runKey(run), answer.run),
        this.#table.setting(runningKey(run), { database: run.database }),
        this.#table.replacing(held, leaseKey(run), lease),
      ];
      return this.#table.transact(writes, answer);
    });
  }

  async change(id: string, execution: string, change: (run: Run) => Run): Promise<Run> {
    return this.#table.untilDone(id, async () => {
      const there = await this.#item(id);
      const run = workedOn(id, there?.record, execution);
      const changed = change(run);
      return this.#table.transact([this.#table.replacing(there, runKey(run), changed)], changed);
    });
  }

  async end(run: Run, outcome: RunOutcome, now: Date): Promise<boolean> {
    await this.#databases.note(run.database);
    return this.#table.untilDone(run.database, async () => {
      const [there, held] = await this.#withLease(run);
      const ended = ending(run, there?.record, outcome, now);
      if (!ended) return { result: false };
      const writes = [
        this.#table.replacing(there, runKey(run), ended),
        this.#table.clearing(runningKey(run)),
        ...(held?.record.run === run.id ? [this.#table.removing(held)] : []),
      ];
      return this.#table.transact(writes, true);
    });
  }

  async get(id: string): Promise<Run | undefined> {
    return (await this.#item(id))?.record;
  }

  async list({ database, status, ...paging }: RunQuery): Promise<Page<Run>> {
    return newestOf(paging, (part) => {
      if (status === 'running') return this.#marked(database);
      return this.#databases.each(database, (name) => this.#ofDatabase(name, status, part(name)));
    });
  }

  async #withLease(run: Run): Promise<[Item<Run> | undefined, Item<Lease> | undefined]> {
    return Promise.all([this.#item(run.id), this.#table.get<Lease>(leaseKey(run))]);
  }

  async #item(id: string): Promise<Item<Run> | undefined> {
    const database = partsOfRunId(id)?.database;
    return database === undefined ? undefined : this.#table.get<Run>(runKey({ database, id }));
  }

  /** Lists one database's share of a page. Those of one status are looked for among all its runs. */
  async #ofDatabase(database: string, status: Run['status'] | undefined, { limit, ...part }: Part): Promise<Item<Run>[]> {
    const { pk } = runKey({ database, id: '' });
    const items = await this.#table.query<Run>(pk, status === undefined ? { ...part, limit } : part);
    return items.filter(({ record }) => status === undefined || record.status === status);
  }

  async #marked(database: string | undefined): Promise<Item<Run>[]> {
    const marks = await this.#table.query<{ database: string }>('running');
    const wanted = marks.filter(({ record }) => database === undefined || record.database === database);
    const runs = await Promise.all(wanted.map(({ sk }) => this.#item(String(sk))));
    return runs.filter((run): run is Item<Run> => run?.record.status === 'running');
  }
}
