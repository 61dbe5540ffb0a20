import type { AuditEntry } from '../../catalogue/audit.ts';
import type { Page, Paging } from '../../catalogue/page.ts';
import type { With } from '../../platform.ts';

/** Lists the entries of the audit log, newest first; with `subject` those of one run, backup or database. */
export function listAudit({ catalogue }: With<'catalogue'>, { subject, after, limit }: { subject?: string | undefined } & Paging): Promise<Page<AuditEntry>> {
  return catalogue.audit.list({ subject, after, limit });
}
