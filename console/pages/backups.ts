import { html } from 'hono/html';
import { isGood } from '../../core/catalogue/backups.ts';
import type { Page } from '../../core/catalogue/page.ts';
import type { Run } from '../../core/catalogue/runs.ts';
import type { FoundBackup } from '../../core/operations/orders/search.ts';
import type { LiveRun } from '../live.ts';
import { quotation } from '../parts/detail.ts';
import { button, select, typedBefore } from '../parts/form.ts';
import { askerOf, authorLabel, backupBadges, momentLabel, nameOfError, runBadge, sentence } from '../parts/labels.ts';
import type { Html, Reader } from '../parts/page.ts';
import { progressBar } from '../parts/progress.ts';
import { pathWith } from '../paths.ts';
import type { Chosen } from '../selection.ts';
import { messagesFor } from '../words/messages.ts';

interface Given {
  chosen: Chosen;
  /** Names to choose from. */
  databases: string[];
  /** Names that can be backed up. */
  configured: string[];
  running: LiveRun[];
  list: { backups: Page<FoundBackup> } | { failed: Page<Run> };
}

export function backupsPage(reader: Reader, { chosen, databases, configured, running, list }: Given): Html {
  const { words } = reader;
  const page = 'backups' in list ? list.backups : list.failed;
  return html`<div class="title"><h1>${words.backups}</h1>${backUpNow(reader, chosen, configured)}</div>
${filters(reader, chosen, databases)}
<div id="running" data-live>${running.map(({ run, live }) => html`<a class="running card busy" href="/runs/${run.id}"><strong>${run.id}</strong>${progressBar(reader, run.id, live, run.attempts === 0 ? words.waiting : words.underWay)}</a>`)}</div>
<div id="list" data-live>${'backups' in list ? backupTable(reader, list.backups, isAnything(chosen)) : runTable(reader, list.failed)}
${pager(reader, chosen, page.next)}</div>`;
}

function backUpNow(reader: Reader, { database }: Chosen, configured: string[]): Html | string {
  const { words } = reader;
  if (configured.length === 0) return '';
  const options = configured.map((name) => [name, name] as const);
  const inputs =
    configured.length === 1
      ? html`<input type="hidden" name="database" value="${configured[0] ?? ''}">`
      : select('database', html`<span class="hidden">${words.database}</span>`, options, typedBefore(reader, '/backups', 'database') ?? database ?? '');
  return button(reader, { action: '/backups', label: words.backUpNow, look: 'main', inputs, id: 'now' });
}

function filters({ words }: Reader, chosen: Chosen, databases: string[]): Html {
  const states = Object.entries(words.selections);
  const kinds = [['', words.anyKind], ...Object.entries(words.kinds)] as [string, string][];
  const names = [['', words.allDatabases], ...databases.map((name) => [name, name])] as [string, string][];
  return html`<form method="get" action="/backups" class="filters" role="search">
${select('database', words.database, names, chosen.database ?? '')}
${select('state', words.state, states, chosen.state)}
${select('kind', words.kind, kinds, chosen.kind ?? '')}
<label>${words.from}<input type="date" name="from" value="${chosen.from ?? ''}"></label>
<label>${words.to}<input type="date" name="to" value="${chosen.to ?? ''}"></label>
<label>${words.search}<input type="search" name="text" value="${chosen.text ?? ''}" maxlength="80"></label>
<div class="buttons"><button>${words.filter}</button><a href="/backups">${words.clear}</a></div></form>`;
}

/** Returns true if nothing was chosen: whatever is kept is listed. */
function isAnything({ state, ...rest }: Chosen): boolean {
  return state === 'kept' && Object.keys(rest).length === 0;
}

function backupTable(reader: Reader, { items, next }: Page<FoundBackup>, isAll: boolean): Html {
  const { words, format } = reader;
  if (items.length === 0) return html`<p class="empty">${next !== undefined ? words.lookFurther : isAll ? words.nothingYet : words.noBackups}</p>`;
  return html`<table class="list"><thead><tr><th>${words.backup}</th><th>${words.proof}</th><th class="n mid">${words.size}</th><th class="n wide">${words.duration}</th><th class="n wide">${words.rows}</th><th class="wide">${words.askedBy}</th><th><span class="hidden">${words.download}</span></th></tr></thead><tbody>${items.map(
    (backup) => html`<tr><th scope="row"><a href="/backups/${backup.id}"><b>${backup.database}</b> ${momentLabel(reader, backup.slot)}</a></th>
<td>${backupBadges(words, backup)}</td><td class="n mid">${format.bytes(backup.size)}</td><td class="n wide">${format.seconds(backup.seconds)}</td><td class="n wide">${format.number(backup.rows)}</td><td class="wide">${authorLabel(words, backup.asked ?? askerOf(backup))}</td><td class="n">${isGood(backup) ? button(reader, { action: `/backups/${backup.id}/download`, label: words.download, name: words.downloadOf(backup.id), look: 'small', live: false }) : ''}</td></tr>`,
  )}</tbody></table>`;
}

function runTable(reader: Reader, { items }: Page<Run>): Html {
  const { words } = reader;
  if (items.length === 0) return html`<p class="empty">${words.noRuns}</p>`;
  return html`<table class="list"><thead><tr><th>${words.run}</th><th>${words.state}</th><th class="n wide">${words.attempts}</th><th>${words.error}</th></tr></thead><tbody>${items.map(
    (run) =>
      html`<tr><th scope="row"><a href="/runs/${run.id}"><b>${run.database}</b> ${momentLabel(reader, run.slot)}</a></th><td>${runBadge(words, run)}</td><td class="n wide">${run.attempts}</td><td class="text">${run.error ? html`${sentence(words, messagesFor(words).meaning[nameOfError(run.error.name)])} <span class="faint">${quotation(run.error.message, 160)}</span>` : ''}</td></tr>`,
  )}</tbody></table>`;
}

export function pager({ words, here }: Pick<Reader, 'words' | 'here'>, { after }: { after?: string | undefined }, next: string | undefined): Html | string {
  if (after === undefined && next === undefined) return '';
  const to = (position: string | undefined) => {
    const address = new URL(pathWith(here), 'http://console');
    address.searchParams.delete('after');
    if (position !== undefined) address.searchParams.set('after', position);
    return `${address.pathname}${address.search}`;
  };
  return html`<nav class="pager" aria-label="${words.older}">${after === undefined ? '' : html`<a href="${to(undefined)}">${words.newest}</a>`}${next === undefined ? '' : html`<a rel="next" href="${to(next)}">${words.older}</a>`}</nav>`;
}
