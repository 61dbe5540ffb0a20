import { html } from 'hono/html';
import type { AuditEntry } from '../../core/catalogue/audit.ts';
import type { Page } from '../../core/catalogue/page.ts';
import { detailLabel } from '../parts/detail.ts';
import { authorLabel, momentLabel, subjectLabel } from '../parts/labels.ts';
import type { Html, Reader } from '../parts/page.ts';
import { pager } from './backups.ts';

export function auditPage(reader: Reader, { items, next }: Page<AuditEntry>, { subject, after }: { subject?: string; after?: string }): Html {
  const { words } = reader;
  return html`<div class="title"><h1>${words.audit}</h1></div>
<form method="get" action="/audit" class="filters" role="search"><label>${words.subject}<input type="search" name="subject" value="${subject ?? ''}" maxlength="200"></label><div class="buttons"><button>${words.filter}</button><a href="/audit">${words.clear}</a></div></form>
<div id="list" data-live>${
    items.length === 0
      ? html`<p class="empty">${words.noEntries}</p>`
      : html`<table class="list audit"><thead><tr><th>${words.when}</th><th>${words.who}</th><th>${words.action}</th><th>${words.subject}</th><th>${words.detail}</th></tr></thead><tbody>${items.map(
          (entry) =>
            html`<tr><td>${momentLabel(reader, entry.at)}</td><td>${authorLabel(words, entry)}</td><td>${words.actions[entry.action] ?? entry.action}</td><td class="text">${subjectLabel(words, entry.subject)}</td><td class="text">${detailLabel(reader, entry)}</td></tr>`,
        )}</tbody></table>`
  }${pager(reader, { after }, next)}</div>`;
}
