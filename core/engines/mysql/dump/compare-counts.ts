import { setTimeout as pause } from 'node:timers/promises';
import type { Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { counted } from '../../../figures.ts';
import type { Work } from '../../engine.ts';
import { type CountOptions, countOnServer, lossesIn, rowsOnServer, type ServerCount } from './count-on-server.ts';
import type { Table } from './inventory.ts';

/** Number of times that tables are counted again, and the milliseconds before each. */
const [repeats, between] = [3, 400];
/** Largest number of columns and tables that are listed one by one. */
const mostListed = 50;

/**
 * The server's own count of rows, made beside a dump by another session. It begins with the dump's first block: the
 * tool comes first, where a user may have one connection alone, and its snapshot is a moment older.
 */
export class Counting implements AsyncDisposable {
  readonly #tables: readonly Table[];
  readonly #work: Pick<Work, 'tools' | 'signal'>;
  readonly #place: CountOptions;
  readonly #stopping = new AbortController();
  readonly #definitions: ReadonlyMap<string, string>;
  #onServer: Promise<Map<string, ServerCount> | undefined> | undefined;

  constructor(tables: readonly Table[], definitions: ReadonlyMap<string, string>, work: Pick<Work, 'tools' | 'signal'>, place: CountOptions) {
    this.#tables = tables;
    this.#place = place;
    this.#work = { tools: work.tools, signal: AbortSignal.any([work.signal, this.#stopping.signal]) };
    this.#definitions = definitions;
  }

  /** Begins to count, unless that has begun. A count that fails costs no backup. */
  begin(): void {
    this.#onServer ??= countOnServer(this.#tables, this.#definitions, this.#work, this.#place).catch(() => undefined);
  }

  /**
   * Compares the counts with the dump. `omitted` lists tables of which the dump lacks rows and columns that text cannot
   * hold, `notes` what else is worth knowing.
   */
  async comparedWith({ tables }: Pick<Scan, 'tables'>): Promise<{ omitted: string[]; notes: string[]; generated: Record<string, Record<string, string>> }> {
    this.begin();
    const onServer = await this.#onServer;
    if (!onServer) return { omitted: [], notes: ["the rows were not counted on the server: it could not be asked beside the dump's session"], generated: {} };
    const { values, types } = lossesIn(onServer);
    const unequal = tables.filter(({ name, rows }) => (onServer.get(name)?.rows ?? rows) !== rows);
    const wrong = await this.#lasting(unequal, onServer);
    return {
      omitted: [...shortened(wrong, mostListed), ...shortened(values, mostListed)],
      notes: shortened(types, mostListed),
      generated: generatedIn(onServer),
    };
  }

  /** Counts again, and tells of tables that nobody fills or empties meanwhile. */
  async #lasting(unequal: Scan['tables'], onServer: ReadonlyMap<string, ServerCount>): Promise<string[]> {
    let left = unequal;
    for (let attempt = 0; attempt < repeats && left.length > 0; attempt++) {
      await pause(between, undefined, { signal: this.#work.signal });
      const names = new Set(left.map(({ name }) => name));
      const counts = await rowsOnServer(
        this.#tables.filter(({ name }) => names.has(name)),
        this.#work,
        this.#place,
      ).catch(() => new Map<string, number>());
      left = left.filter(({ name }) => counts.get(name) === onServer.get(name)?.rows);
    }
    return left.map(({ name, rows }) => `table ${name}: the server counts ${counted(onServer.get(name)?.rows ?? 0, 'row')}, and the dump has ${rows}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('the dump is over'));
    await this.#onServer;
  }
}

/**
 * Digests of the values of stored generated columns, by table. Leaves out tables some of whose values text loses: what
 * is computed of them comes back otherwise too.
 */
function generatedIn(onServer: ReadonlyMap<string, ServerCount>): Record<string, Record<string, string>> {
  const all = [...onServer].filter(([, { losses }]) => losses.length === 0).map(([table, { generated }]) => [table, generated] as const);
  return Object.fromEntries(all.filter(([, generated]) => Object.keys(generated).length > 0));
}
