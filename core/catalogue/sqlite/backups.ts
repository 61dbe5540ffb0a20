import type { SQLInputValue } from 'node:sqlite';
import { type Backup, type Backups, readBackup, type StoredBackup } from '../backups.ts';
import { positionOf } from '../order.ts';
import { type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import type { CatalogueFile } from './database.ts';
import { beyond, given, selection } from './selection.ts';

export class SqliteBackups implements Backups {
  readonly #file: CatalogueFile;

  constructor(file: CatalogueFile) {
    this.#file = file;
  }

  async add(backup: Backup): Promise<void> {
    this.#file.run(
      'INSERT OR IGNORE INTO backup (id, database, slot, record) VALUES (?, ?, ?, ?)',
      backup.id,
      backup.database,
      backup.slot,
      JSON.stringify(backup),
    );
  }

  async get(id: string): Promise<Backup | undefined> {
    return this.#get(id);
  }

  async list({ database, after, limit = usualLimit }: { database?: string | undefined } & Paging = {}): Promise<Page<Backup>> {
    const { where, values } = selection({ 'database = ?': given(database), ...(after !== undefined && beyond(after)) });
    const backups = this.#records(`SELECT record FROM backup ${where} ORDER BY slot DESC, id DESC LIMIT ?`, ...values, limit + 1);
    return pageOf(backups, limit, positionOf);
  }

  async change(id: string, change: (backup: Backup) => Backup | undefined): Promise<Backup | undefined> {
    return this.#file.transaction(() => {
      const there = this.#get(id);
      const changed = there && change(there);
      if (changed) this.#file.run('UPDATE backup SET record = ? WHERE id = ?', JSON.stringify(changed), id);
      return changed ?? there;
    });
  }

  async remove(id: string): Promise<void> {
    this.#file.run('DELETE FROM backup WHERE id = ?', id);
  }

  #get(id: string): Backup | undefined {
    return this.#records('SELECT record FROM backup WHERE id = ?', id)[0];
  }

  #records(sql: string, ...values: SQLInputValue[]): Backup[] {
    return this.#file.records<StoredBackup>(sql, ...values).map(readBackup);
  }
}
