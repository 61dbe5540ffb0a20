import { type Incident, type IncidentKind, type Incidents, readIncident } from '../incidents.ts';
import { numberAt, type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import type { CatalogueFile } from './database.ts';
import { given, selection } from './selection.ts';

/** Value of the column `database` in incidents of the vault. */
const ofVault = '';

export class SqliteIncidents implements Incidents {
  readonly #file: CatalogueFile;

  constructor(file: CatalogueFile) {
    this.#file = file;
  }

  async change(database: string = ofVault, kind: IncidentKind, change: (open: Incident | undefined) => Incident | undefined): Promise<Incident | undefined> {
    const { there: before } = this.#open(database, kind);
    if (!change(before)) return before; // nearly always: nobody who is writing is waited for
    return this.#file.transaction(() => {
      const { number, there } = this.#open(database, kind);
      const changed = change(there);
      if (!changed) return there;
      const open = changed.endedAt === undefined ? 1 : 0;
      if (there) this.#file.run('UPDATE incident SET record = ?, open = ? WHERE number = ?', JSON.stringify(changed), open, number);
      else this.#file.run('INSERT INTO incident (database, kind, open, record) VALUES (?, ?, ?, ?)', database, kind, open, JSON.stringify(changed));
      return changed;
    });
  }

  #open(database: string, kind: IncidentKind): { number: number; there: Incident | undefined } {
    const row = this.#file.row('SELECT number, record FROM incident WHERE database = ? AND kind = ? AND open = 1', database, kind);
    return { number: Number(row?.number), there: row && readIncident(this.#file.parsed<Incident>(row.record)) };
  }

  async list({ database, ended, after, limit = usualLimit }: { database?: string; ended?: boolean } & Paging = {}): Promise<Page<Incident>> {
    const { where, values } = selection({
      // the index of the few that are open, and not that of all that a database ever had
      [ended ? 'database = ?' : '+database = ?']: given(database),
      'open = 1': ended ? undefined : [],
      'number > ?': given(after === undefined ? undefined : numberAt(after)),
    });
    const numbered = this.#file.records<{ number: number; incident: Incident }>(
      `SELECT '{"number":' || number || ',"incident":' || record || '}' AS record FROM incident ${where} ORDER BY number LIMIT ?`,
      ...values,
      limit + 1,
    );
    const { items, ...rest } = pageOf(numbered, limit, ({ number }) => String(number));
    return { items: items.map(({ incident }) => readIncident(incident)), ...rest };
  }
}
