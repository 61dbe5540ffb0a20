import type { Catalogue } from '../../core/catalogue/catalogue.ts';
import { parseConfig } from '../../core/config/config.ts';
import { errorNames } from '../../core/errors.ts';
import { settle, settleInputOf } from '../../core/operations/backup/settle.ts';
import { sweepAndTell } from '../../core/operations/keeping/sweep.ts';
import { watch } from '../../core/operations/keeping/watch.ts';
import { type StartInput, start } from '../../core/operations/orders/start.ts';
import { statusEvent } from '../../core/workflow/execution.ts';
import { numbers } from '../../local/demonstration.ts';
import { type SimulatedHome, simulatedHome } from './home.ts';
import { Inspection, type Summary } from './inspection.ts';
import type { Fate } from './simulated.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const firstDay = '2026-01-01T00:00:00Z';
/** Number of backups that are kept of each database. */
const keep = 7;
/** Days without troubles at the end, after which every incident must be over: a week, for what alerts weekly. */
const quietDays = 8;
/** Hours at which watch runs: every hour would show the same, and take several times as long. */
const watchedAt = [3, 9, 21];
/** Steps at which a run can die; after `publish` it has made its backup. */
const deadly = ['open', 'dump', 'prove', 'publish', 'rotate'] as const;

export interface Year {
  databases: number;
  days: number;
  seed: number;
  catalogue: Catalogue;
}

/** Troubles of one day. */
interface Day {
  number: number;
  midnight: number;
  isQuiet: boolean;
  /** True if no schedule fires. */
  isSilent: boolean;
}

/**
 * Lives through days of backups in a virtual time, with the real operations, workflow and catalogue, and watch three
 * times a day: sources that fail with every error or are refuted, a vault that cannot be reached, a scheduler that is
 * silent, lost and doubled events, runs whose process is gone or hangs, a clock that jumps, mail that is refused. Looks
 * after each day that nothing good is lost, every slot is served, and nothing goes unnoticed.
 */
export async function simulate({ catalogue, databases: count, days, seed }: Year): Promise<Summary> {
  return new Simulation(count, seed, catalogue).live(days);
}

class Simulation {
  readonly #names: string[];
  readonly #random: () => number;
  readonly #home: SimulatedHome;
  readonly #inspection: Inspection;
  /** Trouble of each source that is down, and the day of its end. */
  readonly #down = new Map<string, { fate: Fate; until: number }>();
  /** Number of dumps of a source that fail before one works. */
  readonly #flaky = new Map<string, number>();
  readonly #until = { silent: 0, mail: 0, vault: 0 };

  constructor(count: number, seed: number, catalogue: Catalogue) {
    this.#random = numbers(seed);
    this.#names = Array.from({ length: count }, (_, place) => `db-${place}`);
    const databases = Object.fromEntries(this.#names.map((name) => [name, { engine: 'sqlite', file: name, keep, compression: 'none' } as const]));
    const config = parseConfig({ administrators: ['admin@example.org'], databases }, 'the simulation');
    this.#home = simulatedHome(config, catalogue, firstDay, (name) => this.#fateOf(name));
    this.#inspection = new Inspection(this.#home, this.#names, keep);
  }

  async live(days: number): Promise<Summary> {
    for (let number = 0; number < days; number++) {
      const isQuiet = number >= days - quietDays;
      this.#chooseTroubles(number, isQuiet);
      await this.#pass({ number, midnight: Date.parse(firstDay) + number * dayMs, isQuiet, isSilent: number < this.#until.silent });
    }
    return this.#inspection.summary(`though all has been well for ${quietDays} days`);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #fateOf(name: string): Fate {
    const left = this.#flaky.get(name) ?? 0;
    this.#flaky.set(name, left - 1);
    return left > 0 ? { error: 'SourceLockedError' } : this.#down.get(name)?.fate;
  }

  #chooseTroubles(day: number, isQuiet: boolean): void {
    const until = this.#until;
    if (this.#chance(0.04)) until.silent = day + 1 + this.#below(2);
    if (this.#chance(0.03)) until.mail = day + 2;
    if (this.#chance(0.02)) until.vault = day + 1 + this.#below(2);
    if (isQuiet) Object.assign(until, { silent: 0, mail: 0, vault: 0 });
    this.#home.mailer.broken = day < until.mail;
    this.#home.vault.broken = day < until.vault;
    for (const name of this.#names) {
      if (isQuiet || (this.#down.get(name)?.until ?? 0) <= day) this.#down.delete(name);
      this.#flaky.delete(name);
      if (isQuiet || this.#down.has(name)) continue;
      const fate: Fate = this.#chance(0.1) ? 'refuted' : { error: errorNames[this.#below(errorNames.length)] ?? 'UnexpectedError' };
      if (this.#chance(0.03)) this.#down.set(name, { fate, until: day + 1 + this.#below(4) });
      else if (this.#chance(0.05)) this.#flaky.set(name, 1 + this.#below(3));
    }
    this.#inspection.troubles += this.#down.size + [until.silent, until.mail, until.vault].filter((end) => day < end).length;
  }

  async #pass(day: Day): Promise<void> {
    const slot = day.midnight + 2 * hourMs;
    const excused = new Set(this.#home.vault.broken ? this.#names : this.#down.keys());
    const hanging = new Set<string>();
    for (const database of this.#names) {
      const death = await this.#schedule(database, slot, day);
      if (death) excused.add(database);
      if (death === 'hung') hanging.add(database);
    }
    for (const hour of watchedAt) {
      await this.#watch(day.midnight + hour * hourMs + 60_000, day);
      // people try again, and get no second mail about it
      for (const database of this.#down.keys()) if (this.#chance(0.2)) await this.#begin({ database, requestedBy: 'console:alice' });
    }
    if (new Date(day.midnight).getUTCDay() === 0 && !this.#home.vault.broken) await sweepAndTell(this.#home, { by: 'scheduler', claimed: false });
    await this.#inspection.inspect(new Date(slot), excused, hanging);
  }

  /** Fires a schedule. Returns the way in which the run dies, if it does: then there may be no backup of this day. */
  async #schedule(database: string, slot: number, { isQuiet, isSilent }: Day): Promise<'killed' | 'hung' | undefined> {
    const { clock, executions } = this.#home;
    clock.set(slot);
    if (isSilent || (!isQuiet && this.#chance(0.01))) return undefined; // nobody fires, or the event is lost
    const how = this.#chance(0.7) ? 'killed' : 'hung';
    const dies = !isQuiet && this.#chance(0.015);
    if (dies) executions.dies = { at: deadly[this.#below(deadly.length)] ?? 'dump', how };
    for (let events = this.#chance(0.02) ? 2 : 1; events > 0; events--)
      await this.#begin({ database, scheduled: new Date(slot).toISOString(), requestedBy: 'scheduler' });
    return dies ? how : undefined;
  }

  async #begin(input: StartInput): Promise<void> {
    await this.#follow((await start(this.#home, input)).executions);
  }

  async #watch(at: number, { isQuiet }: Day): Promise<void> {
    const { clock, vault } = this.#home;
    clock.set(at - (!isQuiet && this.#chance(0.01) ? 2 * hourMs : 0));
    const watches = Array.from({ length: this.#chance(0.03) ? 2 : 1 }, () => watch(this.#home, { limits: {}, free: undefined, expiries: [] }));
    for (const { failed, started } of await Promise.all(watches)) {
      if (failed.length > 0 && !vault.broken) this.#inspection.fault(`watching failed for ${failed.join(', ')}`);
      await this.#follow(started);
    }
  }

  /** Counts executions, and delivers the events of those that failed: not at all, once or twice. */
  async #follow(executions: { name: string; outcome: string }[]): Promise<void> {
    for (const { name, outcome } of executions) {
      const end = outcome === 'started' ? this.#home.executions.ended(name) : undefined;
      if (!end) continue;
      this.#inspection.runs[end.status === 'SUCCEEDED' ? 'succeeded' : 'failed']++;
      if (end.status !== 'SUCCEEDED') for (let events = this.#below(3); events > 0; events--) await settle(this.#home, settleInputOf(statusEvent(end)));
    }
  }
}
