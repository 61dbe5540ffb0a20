import { html } from 'hono/html';
import type { Author } from '../../core/catalogue/audit.ts';
import type { Backup } from '../../core/catalogue/backups.ts';
import type { Run } from '../../core/catalogue/runs.ts';
import type { Verdict } from '../../core/documents/proof.ts';
import { type ErrorName, errorNames } from '../../core/errors.ts';
import { partsOfRunId } from '../../core/names.ts';
import { visible } from '../format.ts';
import type { Words } from '../words/words.ts';
import type { Html, Reader } from './page.ts';

/** How something is, told by colour, sign and word. */
export type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'busy';

const signs: Record<Tone, string> = {
  good: 'm4 8.5 2.8 2.8L12 5.5',
  warn: 'M8 4v5M8 11.6v.4',
  bad: 'm5 5 6 6m0-6-6 6',
  calm: 'M5 8h6',
  busy: 'M8 4.5V8l2.4 1.6',
};

export function sign(tone: Tone): Html {
  return html`<svg class="sign ${tone}" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="7"/><path d="${signs[tone]}"/></svg>`;
}

export function badge(tone: Tone, label: string, meaning?: string): Html {
  return html`<span class="badge ${tone}"${meaning === undefined ? '' : html` title="${meaning}"`}>${sign(tone)}${label}</span>`;
}

const toneOfVerdict: Record<Verdict, Tone> = { none: 'calm', proven: 'good', partial: 'good', flawed: 'warn', refuted: 'bad' };

export function verdictBadge(words: Words, verdict: Verdict): Html {
  return badge(toneOfVerdict[verdict], words.verdicts[verdict], words.verdictMeanings[verdict]);
}

/** Badges of a backup: its status where that is not the usual one, its proof, a hold, and another source. */
export function backupBadges(words: Words, { status, proof, hold, stranger }: Backup): Html {
  const unusual = status === 'published' ? '' : badge(status === 'missing' ? 'bad' : 'calm', words.statuses[status]);
  return html`<span class="badges">${unusual}${verdictBadge(words, proof.verdict)}${hold ? html`<span class="badge held" title="${visible(hold.reason)}">${words.held}</span>` : ''}${stranger === undefined ? '' : html`<span class="badge held" title="${visible(stranger)}">${words.stranger}</span>`}</span>`;
}

export function runBadge(words: Words, { status }: Run): Html {
  return badge(status === 'failed' ? 'bad' : status === 'running' ? 'busy' : 'good', words.runStatuses[status]);
}

/** Makes a sentence of a clause as mails have it. */
export function sentence({ locale }: Words, clause: string): string {
  return `${clause.charAt(0).toLocaleUpperCase(locale)}${clause.slice(1)}${/[.!?…]$/.test(clause) ? '' : '.'}`;
}

function nameOf({ names }: Words, text: string): string {
  return (Object.hasOwn(names, text) ? names[text] : undefined) ?? visible(text);
}

/** Returns the name of an error by which messages are found. A name from elsewhere counts as unexpected. */
export function nameOfError(name: string): ErrorName {
  return errorNames.find((each) => each === name) ?? 'UnexpectedError';
}

/** Names an author, and says if the home has only the author's word. */
export function authorLabel(words: Words, { by, claimed }: Author): Html {
  return html`<bdi>${nameOf(words, by)}</bdi>${claimed ? html` <small>(${words.claimed})</small>` : ''}`;
}

/** Author of a backup whose run is not known any more. */
export function askerOf({ kind }: Backup): Author {
  return { by: kind === 'scheduled' ? 'scheduler' : 'console:unknown', claimed: false };
}

/** An instant, with the exact one for machines and in the title. */
export function momentLabel({ format }: Reader, instant: string, as: 'moment' | 'exactly' = 'moment'): Html {
  return html`<time datetime="${instant}" title="${format.exactly(instant)}">${format[as](instant)}</time>`;
}

/** An instant by its distance from now. */
export function ageLabel({ format }: Reader, instant: string, now: string): Html {
  return html`<time datetime="${instant}" title="${format.exactly(instant)}">${format.age(instant, now)}</time>`;
}

/** A link to the page of a run or backup, if the text is an id. */
export function subjectLabel(words: Words, subject: string): Html {
  return partsOfRunId(subject) ? html`<a href="/runs/${subject}">${subject}</a>` : html`<bdi>${nameOf(words, subject)}</bdi>`;
}
