import { positionOf } from '../order.ts';
import { type Page, pageOf, usualLimit } from '../page.ts';
import { ending, type Lease, type Opened, type OpenOptions, opening, type Run, type RunOutcome, type RunQuery, type Runs, workedOn } from '../runs.ts';
import type { CatalogueFile } from './database.ts';
import { beyond, given, selection } from './selection.ts';

export class SqliteRuns implements Runs {
  readonly #file: CatalogueFile;

  constructor(file: CatalogueFile) {
    this.#file = file;
  }

  async open(run: Run, options: OpenOptions): Promise<Opened> {
    return this.#file.transaction(() => {
      const { answer, lease } = opening(run, this.#get(run.id), this.#lease(run.database), options);
      if (lease) {
        this.#put(answer.run);
        this.#file.run('INSERT OR REPLACE INTO lease (database, run, ends) VALUES (?, ?, ?)', run.database, lease.run, lease.ends);
      }
      return answer;
    });
  }

  async change(id: string, execution: string, change: (run: Run) => Run): Promise<Run> {
    return this.#file.transaction(() => {
      const changed = change(workedOn(id, this.#get(id), execution));
      this.#put(changed);
      return changed;
    });
  }

  async end(run: Run, outcome: RunOutcome, now: Date): Promise<boolean> {
    return this.#file.transaction(() => {
      const ended = ending(run, this.#get(run.id), outcome, now);
      if (!ended) return false;
      this.#put(ended);
      this.#file.run('DELETE FROM lease WHERE database = ? AND run = ?', run.database, run.id);
      return true;
    });
  }

  async get(id: string): Promise<Run | undefined> {
    return this.#get(id);
  }

  async list({ database, status, after, limit = usualLimit }: RunQuery): Promise<Page<Run>> {
    const { where, values } = selection({ 'database = ?': given(database), 'status = ?': given(status), ...(after !== undefined && beyond(after)) });
    const runs = this.#file.records<Run>(`SELECT record FROM run ${where} ORDER BY slot DESC, id DESC LIMIT ?`, ...values, limit + 1);
    return pageOf(runs, limit, positionOf);
  }

  #get(id: string): Run | undefined {
    return this.#file.records<Run>('SELECT record FROM run WHERE id = ?', id)[0];
  }

  #lease(database: string): Lease | undefined {
    const row = this.#file.row('SELECT run, ends FROM lease WHERE database = ?', database);
    return row && { run: String(row.run), ends: String(row.ends) };
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
