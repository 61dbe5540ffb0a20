import type { Audit, AuditEntry, AuditRecord } from '../audit.ts';
import { chained } from '../audit-chain.ts';
import { numberAt, type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import type { CatalogueFile } from './database.ts';

export class SqliteAudit implements Audit {
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
    const entries = this.#file.records<AuditEntry>(
      'SELECT record FROM audit WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR sequence < ?2) ORDER BY sequence DESC LIMIT ?3',
      subject ?? null,
      after === undefined ? null : numberAt(after),
      limit + 1,
    );
    return pageOf(entries, limit, ({ sequence }) => String(sequence));
  }
}
