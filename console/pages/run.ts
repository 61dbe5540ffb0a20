import { html } from 'hono/html';
import type { ShownRun } from '../../core/operations/orders/show.ts';
import { visible } from '../format.ts';
import type { Watched } from '../live.ts';
import { attemptsSection } from '../parts/attempts.ts';
import { quotation } from '../parts/detail.ts';
import { button } from '../parts/form.ts';
import { authorLabel, backupBadges, momentLabel, nameOfError, runBadge, sentence } from '../parts/labels.ts';
import type { Html, Reader } from '../parts/page.ts';
import { progressBar } from '../parts/progress.ts';
import { messagesFor } from '../words/messages.ts';

interface RunGiven extends ShownRun {
  run: NonNullable<ShownRun['run']>;
  live: Watched | undefined;
  /** True if it failed, and its database is still configured. */
  mayRepeat: boolean;
}

export function runPage(reader: Reader, { run, backup, live, mayRepeat }: RunGiven): Html {
  const { words } = reader;
  const messages = messagesFor(words);
  const known = nameOfError(run.error?.name ?? '');
  const facts: [string, Html | string][] = [
    [words.askedBy, authorLabel(words, { by: run.requestedBy, claimed: run.claimed })],
    [words.kind, words.kinds[run.kind]],
    [words.begun, momentLabel(reader, run.startedAt)],
    ...(run.endedAt ? [[words.ended, momentLabel(reader, run.endedAt)] as [string, Html]] : []),
    [words.attempts, String(run.attempts)],
  ];
  return html`<div id="run" data-live>
<div class="title"><div><p class="crumb"><a href="/backups?database=${run.database}">${run.database}</a></p><h1>${momentLabel(reader, run.slot)}</h1><p class="id"><code>${run.id}</code> ${runBadge(words, run)}</p></div>${mayRepeat ? button(reader, { action: '/backups', label: words.backUpNow, look: 'main', fields: { database: run.database }, id: 'now' }) : ''}</div>
<div id="work" data-live>${run.status === 'running' ? progressBar(reader, run.id, live, run.attempts === 0 ? words.waiting : words.underWay) : ''}</div>
${backup ? html`<p><a class="running card good" href="/backups/${backup.id}"><strong>${words.backup}</strong> ${backupBadges(words, backup)} ${reader.format.bytes(backup.size)}</a></p>` : ''}
${run.error ? html`<section class="card bad"><h2>${sentence(words, messages.meaning[known])}</h2><p class="original">${quotation(run.error.message)} <span class="faint">(${visible(run.error.name)})</span></p><h3>${words.whatToTry}</h3><p>${messages.advice[known]}</p></section>` : ''}
<section><h2>${words.facts}</h2><dl class="facts">${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></section>
${attemptsSection(reader, run)}
</div>`;
}
