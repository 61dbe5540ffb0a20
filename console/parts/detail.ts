import { html } from 'hono/html';
import type { AuditEntry } from '../../core/catalogue/audit.ts';
import { type Detail, detailIn } from '../../core/catalogue/audit-details.ts';
import { visible } from '../format.ts';
import { messagesFor } from '../words/messages.ts';
import type { Html, Reader } from './page.ts';

/** Longest quotation of a message or of somebody's own words, in characters. */
const longest = 300;

/** Writes the detail of an entry in the reader's language; people's own words and messages of programs are quoted. */
export function detailLabel(reader: Reader, entry: AuditEntry): Html | string {
  const detail = detailIn(entry);
  return detail ? written(reader, detail) : entry.detail === '' ? '' : html`<bdi>${quotable(entry.detail)}</bdi>`;
}

function written({ words, format }: Reader, detail: Detail): Html | string {
  const { details, verdicts } = words;
  switch (detail.about) {
    case 'kind':
      return words.kinds[detail.kind];
    case 'backup':
      return `${format.bytes(detail.size)}, ${details.rows(detail.rows)}, ${verdicts[detail.verdict]}`;
    case 'verdict':
      return verdicts[detail.verdict];
    case 'error':
      return html`${messagesFor(words).meaning[detail.name]}${words.colon}${quotation(detail.message)}`;
    case 'refusal':
      return html`${words.orders[detail.order]}${words.colon}${quotation(detail.message)}`;
    case 'beyond':
      return details.beyond(detail.newest);
    case 'superseded':
    case 'by-order':
    case 'link':
    case 'wrong-link':
      return details[detail.about];
    case 'outsider':
      return html`<bdi>${details.outsider(visible(detail.group))}</bdi>`;
    case 'clean-up':
      return clauses(details.cleanUp(detail.removed, detail.orphans, detail.recorded, detail.missing)) || details.nothing;
    case 'databases':
      return html`<bdi>${details.databases(quotable(detail.names))}</bdi>`;
    case 'owner':
      return html`<bdi>${details.owner(visible(detail.name), momentIn(format, detail.since))}</bdi>`;
  }
}

function clauses(counted: [number, string][]): string {
  return counted.flatMap(([count, clause]) => (count === 0 ? [] : [clause])).join(', ');
}

function momentIn(format: Reader['format'], since: string): string {
  return Number.isNaN(Date.parse(since)) ? since : format.moment(since);
}

/** Quotes a message. They are in English, whatever the page is in. */
export function quotation(message: string, most = longest): Html {
  return html`<q lang="en"><bdi>${quotable(message, most)}</bdi></q>`;
}

function quotable(text: string, most = longest): string {
  return visible(text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text);
}
