import { html } from 'hono/html';
import { errorNameOf, isWatched } from '../../core/mail/messages/wording.ts';
import type { DatabaseOverview, Overview } from '../../core/operations/orders/overview.ts';
import { endOfWindow } from '../format.ts';
import type { LiveRun } from '../live.ts';
import { line, strip } from '../parts/chart.ts';
import { button } from '../parts/form.ts';
import { ageLabel, badge, momentLabel, sentence, sign, verdictBadge } from '../parts/labels.ts';
import type { Html, Reader } from '../parts/page.ts';
import { progressBar } from '../parts/progress.ts';
import { messagesFor } from '../words/messages.ts';
import { needsAttention, toneOfState } from './state.ts';

/** Number of databases that are shown whole; a page stays small however many there are. */
const mostWhole = 10;

export function overviewPage(reader: Reader, { now, databases, incidents }: Overview, live: readonly LiveRun[]): Html {
  const { words } = reader;
  const bad = databases.filter(({ state }) => needsAttention(state));
  // what needs somebody comes first; otherwise the order of the configuration
  const sorted = [...bad, ...databases.filter(({ state }) => !needsAttention(state))];
  const counted = databases.filter(({ state }) => state !== 'idle').length;
  const fresh = databases.filter(({ state }) => state === 'new').length;
  const verdict =
    counted === 0
      ? words.noDatabases
      : bad.length > 0
        ? words.someUnsafe(bad.length, counted)
        : fresh === 0
          ? words.allSafe(counted)
          : fresh === counted
            ? words.nothingYet
            : words.someNew(fresh, counted);
  const tone = bad.some(({ state }) => toneOfState[state] === 'bad') ? 'bad' : bad.length > 0 ? 'warn' : fresh > 0 || counted === 0 ? 'calm' : 'good';
  const whole = sorted.slice(0, mostWhole).map((database) => card(reader, database, now, live));
  const rest = sorted.slice(mostWhole);
  return html`<div id="overview" data-live>
<h1 class="verdict ${tone}">${sign(tone)}${verdict}</h1>
${incidents.length > 0 ? html`<p class="notice warn"><a href="/health">${words.vault}${words.colon}${words.openIncidents(incidents.length)}</a></p>` : ''}
<div class="cards">${whole}</div>
${rest.length > 0 ? restTable(reader, rest, now) : ''}
</div>`;
}

function card(reader: Reader, database: DatabaseOverview, now: string, live: readonly LiveRun[]): Html {
  const { words, format } = reader;
  const { days, incidents, lastGood, plan, running, state } = database;
  const name = database.database;
  const [succeeded, failed] = [sum(days.map((day) => day.succeeded)), sum(days.map((day) => day.failed))];
  const facts: [string, Html | string][] = [
    [words.next, plan ? html`${ageLabel(reader, plan.next, now)}${between(reader, plan)}` : words.none],
    [words.successRate, words.rate(succeeded, succeeded + failed)],
    [words.restoreTime, lastGood?.proof.seconds === undefined ? '–' : format.seconds(lastGood.proof.seconds)],
  ];
  return html`<article class="card ${toneOfState[state]}" aria-labelledby="db-${name}">
<div class="head"><h2 id="db-${name}"><a href="/backups?database=${name}">${name}</a></h2>${badge(toneOfState[state], words.states[state])}</div>
<div class="act">${running.map((run) => html`<a class="running" href="/runs/${run.id}">${progressBar(reader, `${words.underWay}${words.colon}${run.id}`, live.find((each) => each.run.id === run.id)?.live, run.attempts === 0 ? words.waiting : words.underWay)}</a>`)}
${plan ? button(reader, { action: '/backups', label: words.backUpNow, ...(state === 'new' && running.length === 0 && { look: 'main' }), name: `${words.backUpNow}${words.colon}${name}`, fields: { database: name }, id: `now-${name}` }) : ''}</div>
<div class="main"><p class="newest"><span class="label">${words.lastGood}</span>
${lastGood ? html`<a class="big" href="/backups/${lastGood.id}">${ageLabel(reader, lastGood.startedAt, now)}</a> ${verdictBadge(words, lastGood.proof.verdict)}` : html`<strong class="big">${state === 'new' ? words.noneYet : words.noGood}</strong>`}</p>
<dl>${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
${trouble(reader, incidents)}</div>
<div class="charts">${strip(words, days)}
${line(words, { label: words.size, values: days.map(({ size }) => size), write: format.bytes })}
${line(words, { label: words.duration, values: days.map(({ seconds }) => seconds), write: format.seconds })}</div>
</article>`;
}

/** Names the newest incident, and leads to where it is explained. */
function trouble({ words }: Reader, incidents: DatabaseOverview['incidents']): Html | string {
  const incident = incidents.at(-1);
  if (!incident) return '';
  const { meaning, title } = messagesFor(words);
  const why = isWatched(incident.kind) ? '' : html`<br><span class="faint">${sentence(words, meaning[errorNameOf(incident)])}</span>`;
  const more = incidents.length > 1 ? ` (+${incidents.length - 1})` : '';
  return html`<p class="trouble"><a class="alert" href="/health">${sentence(words, title(incident.kind))}</a>${more}${why}</p>`;
}

function restTable(reader: Reader, rest: DatabaseOverview[], now: string): Html {
  const { words } = reader;
  return html`<table class="list rest"><thead><tr><th>${words.database}</th><th>${words.state}</th><th>${words.lastGood}</th><th>${words.next}</th></tr></thead><tbody>${rest.map(
    ({ database, lastGood, plan, state }) =>
      html`<tr><th scope="row"><a href="/backups?database=${database}">${database}</a></th><td>${badge(toneOfState[state], words.states[state])}</td><td>${lastGood ? html`<a href="/backups/${lastGood.id}">${ageLabel(reader, lastGood.startedAt, now)}</a>` : state === 'new' ? words.noneYet : words.noGood}</td><td>${plan ? html`${momentLabel(reader, plan.next)}${between(reader, plan)}` : words.none}</td></tr>`,
  )}</tbody></table>`;
}

/** The times between which a backup begins, where it does not begin at its time. */
function between({ format, words }: Reader, { next, window }: { next: string; window?: number }): string {
  return window === undefined ? '' : `, ${words.between(format.time(next), format.time(endOfWindow(next, window)))}`;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
