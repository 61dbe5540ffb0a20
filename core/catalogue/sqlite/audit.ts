import type { Audit, AuditEntry, AuditRecord } from '../audit.ts';
import { chained } from '../audit-chain.ts';
import { numberAt, type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import type { CatalogueFile } from './database.ts';
import { given, selection } from './selection.ts';

/**
 * Record as it is listed: with the subject of its column, by which it is found. Another one than it was written with
 * breaks the chain.
 */
const asFound = `CASE WHEN subject IS record ->> '$.subject' THEN record ELSE json_set(record, '$.subject', subject) END`;

export class SqliteAudit implements Audit {
  readonly hasCopies = false;
  readonly #file: CatalogueFile;

  constructor(file: CatalogueFile) {
    this.#file = file;
  }

  async append(record: AuditRecord): Promise<AuditEntry> {
    return this.#file.transaction(() => {
      const [last] = this.#file.records<AuditEntry>('SELECT record FROM audit ORDER BY sequence DESC LIMIT 1');
      const entry = chained(record, last);
      this.#file.run('INSERT INTO audit (sequence, subject, record) VALUES (?, ?, ?)', entry.sequence, entry.subject, JSON.stringify(entry));
      return entry;
    });
  }

  async list({ subject, after, limit = usualLimit }: { subject?: string | undefined } & Paging = {}): Promise<Page<AuditEntry>> {
    const { where, values } = selection({ 'subject = ?': given(subject), 'sequence < ?': given(after === undefined ? undefined : numberAt(after)) });
    const entries = this.#file.records<AuditEntry>(
      `SELECT ${subject === undefined ? asFound : 'record'} FROM audit ${where} ORDER BY sequence DESC LIMIT ?`,
      ...values,
      limit + 1,
    );
    return pageOf(entries, limit, ({ sequence }) => String(sequence));
  }
}
