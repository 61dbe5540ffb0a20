import type { Audit, AuditEntry, AuditRecord } from '../audit.ts';
import { chained } from '../audit-chain.ts';
import { numberAt, type Page, type Paging, pageOf, usualLimit } from '../page.ts';
import { shortened } from './shortened.ts';
import type { Table } from './table.ts';

const chain = 'chain';

/** Partition of a subject, cut to fit: a partition key has 2,048 bytes at most, and subjects can be longer. */
const subjectPartition = (subject: string) => `subject#${subject.slice(0, 600).toWellFormed()}`;

export class DynamodbAudit implements Audit {
  readonly hasCopies = true;
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * Appends an entry. Entries are only ever created: if two continue the chain at once, the second finds its place
   * taken and chains itself after the first.
   */
  async append(record: AuditRecord): Promise<AuditEntry> {
    const kept = shortened(record); // before it is hashed
    return this.#table.untilDone(chain, async () => {
      const [last] = await this.#table.query<AuditEntry>(chain, { newestFirst: true, limit: 1 });
      const entry = chained(kept, last?.record);
      const places = [chain, subjectPartition(entry.subject)].map((pk) => this.#table.replacing(undefined, { pk, sk: entry.sequence }, entry));
      return this.#table.transact(places, entry);
    });
  }

  async list({ subject, after, limit = usualLimit }: { subject?: string | undefined } & Paging = {}): Promise<Page<AuditEntry>> {
    const pk = subject === undefined ? chain : subjectPartition(subject);
    const items = await this.#table.query<AuditEntry>(pk, { newestFirst: true, before: after === undefined ? undefined : numberAt(after), limit: limit + 1 });
    const entries = items.map(({ record }) => record);
    return pageOf(entries, limit, ({ sequence }) => String(sequence));
  }
}
