import { html } from 'hono/html';
import type { AuditEntry } from '../../core/catalogue/audit.ts';
import type { Page } from '../../core/catalogue/page.ts';
import { detailLabel } from '../parts/detail.ts';
import { select } from '../parts/form.ts';
import { authorLabel, momentLabel, subjectLabel } from '../parts/labels.ts';
import type { Html, Reader } from '../parts/page.ts';
import type { ChosenEntries } from '../selection.ts';
import { pager } from './backups.ts';

interface Given {
  chosen: ChosenEntries;
  /** Names to choose from. */
  databases: string[];
}

export function auditPage(reader: Reader, { items, next }: Page<AuditEntry>, { chosen, databases }: Given): Html {
  const { words } = reader;
  return html`<div class="title"><h1>${words.audit}</h1></div>
${filters(reader, chosen, databases)}
<div id="list" data-live>${
    items.length === 0
      ? html`<p class="empty">${next === undefined ? words.noEntries : words.lookFurther}</p>`
      : html`<table class="list audit"><thead><tr><th>${words.when}</th><th>${words.who}</th><th>${words.action}</th><th>${words.subject}</th><th>${words.detail}</th></tr></thead><tbody>${items.map(
          (entry) =>
            html`<tr><td>${momentLabel(reader, entry.at)}</td><td>${authorLabel(words, entry)}</td><td>${words.actions[entry.action] ?? entry.action}</td><td class="text">${subjectLabel(words, entry.subject)}</td><td class="text">${detailLabel(reader, entry)}</td></tr>`,
        )}</tbody></table>`
  }${pager(reader, chosen, next)}</div>`;
}

function filters({ words }: Reader, { database, author, subject, from, to }: ChosenEntries, databases: string[]): Html {
  const names = [['', words.allDatabases], ...databases.map((name) => [name, name])] as [string, string][];
  const typed = (name: string, label: string, value = '') => html`<label>${label}<input type="search" name="${name}" value="${value}" maxlength="200"></label>`;
  return html`<form method="get" action="/audit" class="filters" role="search">
${select('database', words.database, names, database ?? '')}
${typed('author', words.who, author)}
${typed('subject', words.subject, subject)}
<label>${words.from}<input type="date" name="from" value="${from ?? ''}"></label>
<label>${words.to}<input type="date" name="to" value="${to ?? ''}"></label>
<div class="buttons"><button>${words.filter}</button><a href="/audit">${words.clear}</a></div></form>`;
}
