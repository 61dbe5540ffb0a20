import { isGood, keysBeside } from '../../core/catalogue/backups.ts';
import { all } from '../../core/catalogue/page.ts';
import { runId } from '../../core/names.ts';
import { verifyAudit } from '../../core/operations/orders/audit.ts';
import { isServed } from '../../core/time/slots.ts';
import type { SimulatedHome } from './home.ts';

export interface Summary {
  runs: { succeeded: number; failed: number };
  troubles: number;
  mails: { alerts: number; ends: number };
  /** Entries of the audit log, whose chain was verified against the heads in the vault. */
  audited: number;
  /** Everything that must not happen, as sentences. */
  faults: string[];
}

/** Looks every day at all that must hold, and collects what does not. */
export class Inspection {
  readonly runs = { succeeded: 0, failed: 0 };
  /** Days of troubles. */
  troubles = 0;
  readonly #faults: string[] = [];
  readonly #home: SimulatedHome;
  readonly #everGood: Map<string, Set<string>>;
  readonly #keep: number;

  constructor(home: SimulatedHome, databases: readonly string[], keep: number) {
    this.#home = home;
    this.#keep = keep;
    this.#everGood = new Map(databases.map((name) => [name, new Set()]));
  }

  fault(text: string): void {
    this.#faults.push(`${this.#home.clock.now().toISOString()}: ${text}`);
  }

  /**
   * Looks at each database after a day whose slot was this one. The excused need not have a backup of it, and of those
   * that hang nobody can know it for 26 hours.
   */
  async inspect(slot: Date, excused: ReadonlySet<string>, hanging: ReadonlySet<string>): Promise<void> {
    const { catalogue, vault } = this.#home;
    for (const [database, everGood] of this.#everGood) {
      const records = (await catalogue.backups.list({ database, limit: 6 * this.#keep })).items;
      const good = records.filter((record) => isGood(record) && record.kind === 'scheduled');
      for (const { id } of good) everGood.add(id);
      if (good.length < Math.min(this.#keep, everGood.size)) this.fault(`${database} has ${good.length} good backups of ${everGood.size} ever made`);
      if (!vault.broken) {
        const keys = new Set((await vault.list(`${database}/`)).map(({ key }) => key));
        for (const { id, manifest, status } of records)
          if (status === 'retired' && keys.has(manifest)) this.fault(`${id} is retired, and its manifest still makes it a backup`);
        for (const backup of good)
          if (![backup.manifest, ...keysBeside(backup)].every((key) => keys.has(key))) this.fault(`${backup.id} is published, and the vault lacks part of it`);
      }
      const { incidents, lastGood } = (await catalogue.standings.get(database)) ?? { incidents: [] };
      if (isServed({ at: slot }, { lastGood })) continue;
      if (!excused.has(database)) this.fault(`${database} has no backup of ${slot.toISOString()}, which nothing kept it from`);
      const isWorking = hanging.has(database) && (await catalogue.runs.get(runId(database, slot, 'scheduled')))?.status === 'running';
      const isKnown = incidents.length > 0 || isWorking;
      if (!isKnown) this.fault(`nobody knows that ${database} has no backup of ${slot.toISOString()}`);
    }
  }

  /** Looks at the end, when every incident must be over, and returns all that was found. */
  async summary(reason: string): Promise<Summary> {
    const { catalogue } = this.#home;
    for (const { kind, database, since } of await all((page) => catalogue.incidents.list(page)))
      this.fault(`${kind} of ${database ?? 'the vault'} is open since ${since}, ${reason}`);
    const { entries, faults } = await verifyAudit(this.#home, {});
    for (const each of faults) this.fault(each);
    const mails = this.#mails();
    return { runs: this.runs, troubles: this.troubles, mails, audited: entries, faults: this.#faults };
  }

  /** Counts mails, and finds alerts that repeat on one day though nothing ended in between. */
  #mails(): Summary['mails'] {
    const mails = { alerts: 0, ends: 0 };
    const told = new Set<string>();
    for (const { at, subject } of this.#home.mailer.sent) {
      const [, whose = '', end] = /^\[Sauvegarde\] ([^:]+): (resolved: )?/.exec(subject) ?? [];
      const day = at.toISOString().slice(0, 10);
      mails[end === undefined ? 'alerts' : 'ends']++;
      // whatever has ended may begin again on the same day
      if (end !== undefined) for (const each of told) if (each.startsWith(`${day} [Sauvegarde] ${whose}: `)) told.delete(each);
      if (end === undefined && told.has(`${day} ${subject}`)) this.#faults.push(`${at.toISOString()}: told twice on one day: ${subject}`);
      if (end === undefined) told.add(`${day} ${subject}`);
    }
    return mails;
  }
}
