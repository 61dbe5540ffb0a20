import { html } from 'hono/html';
import type { Incident } from '../../core/catalogue/incidents.ts';
import { errorNameOf, isWatched } from '../../core/mail/messages/wording.ts';
import type { Plan } from '../../core/operations/orders/agenda.ts';
import type { Incidents } from '../../core/operations/orders/incidents.ts';
import { isGrave } from '../../core/policy/state.ts';
import { dayOf } from '../../core/time/periods.ts';
import { endOfWindow, visible } from '../format.ts';
import { quotation } from '../parts/detail.ts';
import { momentLabel, sentence, sign, subjectLabel } from '../parts/labels.ts';
import type { Html, Reader } from '../parts/page.ts';
import { messagesFor } from '../words/messages.ts';

/** `incidents` is undefined if the catalogue cannot be read. */
export function healthPage(reader: Reader, { incidents, plans }: { incidents: Incidents | undefined; plans: Plan[] }): Html {
  const { words } = reader;
  const open = incidents?.open ?? [];
  return html`<div id="health" data-live>
<h1 class="verdict ${!incidents ? 'warn' : open.length === 0 ? 'good' : 'bad'}">${sign(!incidents ? 'warn' : open.length === 0 ? 'good' : 'bad')}${!incidents ? words.health : open.length === 0 ? words.noIncidents : words.openIncidents(open.length)}</h1>
${incidents ? '' : html`<p class="notice warn" role="alert">${words.catalogueDown}</p>`}
${open.map((each) => openIncident(reader, each))}
<section><h2>${words.week}</h2>${week(reader, plans)}</section>
${incidents ? html`<section><h2>${words.incidentsEnded}</h2>${incidents.ended.length === 0 ? html`<p class="faint">${words.noneEnded}</p>` : html`<ul class="ended">${incidents.ended.map((each) => endedIncident(reader, each))}</ul>`}</section>` : ''}
</div>`;
}

function openIncident(reader: Reader, incident: Incident): Html {
  const { words, format, timeZone } = reader;
  const messages = messagesFor(words);
  const error = errorNameOf(incident);
  const { last, kind } = incident;
  const watched = isWatched(kind) ? messages.watched[kind] : undefined;
  const happened = watched
    ? html`<p>${last.details ? visible(watched.message(last.details, timeZone)) : visible(last.error.message)}</p>`
    : html`<p>${sentence(words, messages.meaning[error])}</p><p class="original">${quotation(last.error.message)} <span class="faint">(${visible(last.error.name)})</span></p>`;
  const subject = incident.last.subject.split(' ')[0] ?? '';
  return html`<article class="card ${isGrave(incident) ? 'bad' : 'warn'} incident"><h2>${incident.database ?? words.vault}${words.colon}${messages.title(incident.kind)}</h2>
<p class="faint">${words.since(format.moment(incident.since))}${incident.count > 1 ? `, ${words.times(incident.count)}` : ''} · ${subjectLabel(words, subject)}</p>
<h3>${words.whatHappened}</h3>${happened}
<h3>${words.whatToTry}</h3><p>${watched ? watched.remedy : messages.advice[error]}</p></article>`;
}

function endedIncident(reader: Reader, { database, kind, since, endedAt = since }: Incident): Html {
  const { words } = reader;
  return html`<li>${momentLabel(reader, since)} – ${momentLabel(reader, endedAt)} <span><b>${database ?? words.vault}</b>${words.colon}${messagesFor(words).title(kind)}</span></li>`;
}

/** Sorts by the first instant. */
function byFirst({ at: [one = ''] }: { at: string[] }, { at: [other = ''] }: { at: string[] }): number {
  return one.localeCompare(other);
}

function week(reader: Reader, plans: Plan[]): Html {
  const { words, format, timeZone } = reader;
  const days = new Map<string, { name: string; at: string[]; window?: number }[]>();
  for (const { at, database, more: _, ...rest } of plans)
    for (const [day, instants] of Map.groupBy(at, (instant) => dayOf(new Date(instant), timeZone)))
      days.set(day, [...(days.get(day) ?? []), { name: database ?? words.cleanUp, at: instants, ...rest }].sort(byFirst));
  const time = (at: string, window?: number) => (window === undefined ? format.time(at) : words.between(format.time(at), format.time(endOfWindow(at, window))));
  const times = (at: string[], window?: number) =>
    at.length > 4 ? words.timesThatDay(at.length, format.time(at[0] ?? ''), format.time(at.at(-1) ?? '')) : at.map((each) => time(each, window)).join(', ');
  return html`<dl class="week">${[...days]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([day, entries]) =>
        html`<div><dt>${format.day(day)}</dt><dd><ul>${entries.slice(0, 20).map(({ name, at, window }) => html`<li><b>${name}</b> <span>${times(at, window)}</span></li>`)}${entries.length > 20 ? html`<li>… ${entries.length - 20}</li>` : ''}</ul></dd></div>`,
    )}</dl>`;
}
