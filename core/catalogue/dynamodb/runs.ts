import { DatabaseBusyError, InterruptedError } from '../../errors.ts';
import { partsOfRunId } from '../../names.ts';
import type { DumpOutcome, Run, RunOutcome, RunQuery, Runs } from '../runs.ts';
import type { Databases } from './databases.ts';
import { newestFirst } from './order.ts';
import type { Item, Key, Table, Write } from './table.ts';

interface Lease {
  run: string;
  /** ISO 8601 in UTC. */
  ends: string;
}

const runKey = ({ database, id }: { database: string; id: string }): Key => ({ pk: `run#${database}`, sk: id });
const runningKey = ({ id }: { id: string }): Key => ({ pk: 'running', sk: id });
const leaseKey = ({ database }: { database: string }): Key => ({ pk: `lease#${database}`, sk: 'lease' });

export class DynamodbRuns implements Runs {
  readonly #table: Table;
  readonly #databases: Databases;

  constructor(table: Table, databases: Databases) {
    this.#table = table;
    this.#databases = databases;
  }

  async open(run: Run, { leaseEnds, now, again }: { leaseEnds: Date; now: Date; again: boolean }): Promise<{ opened: boolean; run: Run }> {
    await this.#databases.note(run.database);
    return this.#table.untilDone<{ opened: boolean; run: Run }>(run.database, async () => {
      const [item, lease] = await Promise.all([this.#item(run.id), this.#table.get<Lease>(leaseKey(run))]);
      const there = item?.record;
      if (there && there.status === 'running' && there.execution === run.execution) return { result: { opened: true, run: there } };
      if (there && (there.status !== 'failed' || !again)) return { result: { opened: false, run: there } };
      if (lease && lease.record.run !== run.id && lease.record.ends > now.toISOString())
        throw new DatabaseBusyError(`database ${run.database} is being backed up by run ${lease.record.run}; ${run.id} waits for it`);
      const opened: Run = { ...run, attempts: there?.attempts ?? 0 };
      const writes = [
        this.#table.replacing(item, runKey(run), opened),
        this.#table.setting(runningKey(run), { database: run.database }),
        this.#takingLease(run, leaseEnds, now),
      ];
      return this.#table.transact(writes, { opened: true, run: opened });
    });
  }

  async beginAttempt(id: string, execution: string): Promise<number> {
    return this.#table.untilDone(id, async () => {
      const item = await this.#running(id, execution);
      const attempts = item.record.attempts + 1;
      return this.#table.transact([this.#table.replacing(item, runKey(item.record), { ...item.record, attempts })], attempts);
    });
  }

  async noteDump(id: string, execution: string, outcome: DumpOutcome): Promise<void> {
    await this.#table.untilDone(id, async () => {
      const item = await this.#running(id, execution);
      return this.#table.transact([this.#table.replacing(item, runKey(item.record), { ...item.record, dumped: outcome })], undefined);
    });
  }

  async end(run: Run, outcome: RunOutcome, now: Date): Promise<boolean> {
    await this.#databases.note(run.database);
    return this.#table.untilDone(run.database, async () => {
      const [item, lease] = await Promise.all([this.#item(run.id), this.#table.get<Lease>(leaseKey(run))]);
      const there = item?.record ?? run;
      if (there.status !== 'running' || there.execution !== run.execution) return { result: false };
      const writes = [
        this.#table.replacing(item, runKey(run), { ...there, ...outcome, endedAt: now.toISOString() }),
        this.#table.clearing(runningKey(run)),
        ...(lease?.record.run === run.id ? [this.#table.removing(lease)] : []),
      ];
      return this.#table.transact(writes, true);
    });
  }

  async get(id: string): Promise<Run | undefined> {
    return (await this.#item(id))?.record;
  }

  async list({ database, status, limit }: RunQuery): Promise<Run[]> {
    const runs = status === 'running' ? await this.#marked(database) : await this.#databases.each(database, (name) => this.#ofDatabase(name, status, limit));
    return runs.sort(newestFirst).slice(0, limit);
  }

  /** Makes a write for a transaction; it is refused while another run's lease lasts. */
  #takingLease(run: Run, ends: Date, now: Date): Write {
    const lease: Lease = { run: run.id, ends: ends.toISOString() };
    return this.#table.setting(leaseKey(run), lease, {
      ConditionExpression: 'attribute_not_exists(#pk) OR #record.#run = :run OR #record.#ends <= :now',
      ExpressionAttributeNames: { '#pk': 'pk', '#record': 'record', '#run': 'run', '#ends': 'ends' },
      ExpressionAttributeValues: { ':run': run.id, ':now': now.toISOString() },
    });
  }

  async #running(id: string, execution: string): Promise<Item<Run>> {
    const item = await this.#item(id);
    const run = item?.record;
    if (!item || run?.status !== 'running' || run.execution !== execution)
      throw new InterruptedError(`run ${id} is ${run?.status ?? 'unknown'}: it was settled or taken over meanwhile`);
    return item;
  }

  async #item(id: string): Promise<Item<Run> | undefined> {
    const database = partsOfRunId(id)?.database;
    return database === undefined ? undefined : this.#table.get<Run>(runKey({ database, id }));
  }

  async #ofDatabase(database: string, status: Run['status'] | undefined, limit: number | undefined): Promise<Run[]> {
    const { pk } = runKey({ database, id: '' });
    const items = await this.#table.query<Run>(pk, { newestFirst: true, ...(status === undefined && limit !== undefined && { limit }) });
    return items.map(({ record }) => record).filter((run) => status === undefined || run.status === status);
  }

  async #marked(database: string | undefined): Promise<Run[]> {
    const marks = await this.#table.query<{ database: string }>('running');
    const wanted = marks.filter(({ record }) => database === undefined || record.database === database);
    const runs = await Promise.all(wanted.map(({ sk }) => this.get(String(sk))));
    return runs.filter((run) => run?.status === 'running') as Run[];
  }
}
