import { DatabaseBusyError, InterruptedError } from '../../errors.ts';
import { placeAt, positionOf } from '../order.ts';
import { type Page, pageOf, usualLimit } from '../page.ts';
import type { DumpOutcome, Run, RunOutcome, RunQuery, Runs } from '../runs.ts';
import type { CatalogueFile } from './database.ts';

export class SqliteRuns implements Runs {
  readonly #file: CatalogueFile;

  constructor(file: CatalogueFile) {
    this.#file = file;
  }

  async open(run: Run, { leaseEnds, now, again }: { leaseEnds: Date; now: Date; again: boolean }): Promise<{ opened: boolean; run: Run }> {
    return this.#file.transaction(() => {
      const there = this.#get(run.id);
      if (there && there.status === 'running' && there.execution === run.execution) return { opened: true, run: there };
      if (there && (there.status !== 'failed' || !again)) return { opened: false, run: there };
      const lease = this.#file.row('SELECT run, ends FROM lease WHERE database = ?', run.database);
      if (lease && lease.run !== run.id && String(lease.ends) > now.toISOString()) {
        throw new DatabaseBusyError(`database ${run.database} is being backed up by run ${lease.run}; ${run.id} waits for it`);
      }
      const opened = { ...run, attempts: there?.attempts ?? 0 };
      this.#put(opened);
      this.#file.run('INSERT OR REPLACE INTO lease (database, run, ends) VALUES (?, ?, ?)', run.database, run.id, leaseEnds.toISOString());
      return { opened: true, run: opened };
    });
  }

  async beginAttempt(id: string, execution: string): Promise<number> {
    return this.#file.transaction(() => {
      const run = this.#running(id, execution);
      this.#put({ ...run, attempts: run.attempts + 1 });
      return run.attempts + 1;
    });
  }

  async noteDump(id: string, execution: string, outcome: DumpOutcome): Promise<void> {
    this.#file.transaction(() => this.#put({ ...this.#running(id, execution), dumped: outcome }));
  }

  async end(run: Run, outcome: RunOutcome, now: Date): Promise<boolean> {
    return this.#file.transaction(() => {
      const there = this.#get(run.id) ?? run;
      if (there.status !== 'running' || there.execution !== run.execution) return false;
      this.#put({ ...there, ...outcome, endedAt: now.toISOString() });
      this.#file.run('DELETE FROM lease WHERE database = ? AND run = ?', run.database, run.id);
      return true;
    });
  }

  async get(id: string): Promise<Run | undefined> {
    return this.#get(id);
  }

  async list({ database, status, after, limit = usualLimit }: RunQuery): Promise<Page<Run>> {
    const { slot, id } = after === undefined ? { slot: null, id: null } : placeAt(after);
    const runs = this.#file.records<Run>(
      `SELECT record FROM run WHERE (?1 IS NULL OR database = ?1) AND (?2 IS NULL OR status = ?2) AND (?3 IS NULL OR (slot, id) < (?3, ?4))
       ORDER BY slot DESC, id DESC LIMIT ?5`,
      database ?? null,
      status ?? null,
      slot,
      id,
      limit + 1,
    );
    return pageOf(runs, limit, positionOf);
  }

  #get(id: string): Run | undefined {
    return this.#file.records<Run>('SELECT record FROM run WHERE id = ?', id)[0];
  }

  #running(id: string, execution: string): Run {
    const run = this.#get(id);
    if (run?.status !== 'running' || run.execution !== execution)
      throw new InterruptedError(`run ${id} is ${run?.status ?? 'unknown'}: it was settled or taken over meanwhile`);
    return run;
  }

  #put(run: Run): void {
    this.#file.run(
      'INSERT OR REPLACE INTO run (id, database, slot, status, record) VALUES (?, ?, ?, ?, ?)',
      run.id,
      run.database,
      run.slot,
      run.status,
      JSON.stringify(run),
    );
  }
}
