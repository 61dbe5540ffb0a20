import type { Audit, AuditEntry, AuditRecord } from '../audit.ts';
import { chained } from '../audit-chain.ts';
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

  async list({ subject, limit }: { subject?: string; limit?: number } = {}): Promise<AuditEntry[]> {
    return this.#file.records<AuditEntry>(
      'SELECT record FROM audit WHERE ?1 IS NULL OR subject = ?1 ORDER BY sequence DESC LIMIT ?2',
      subject ?? null,
      limit ?? 1_000_000,
    );
  }
}
