import { html } from 'hono/html';
import type { Run } from '../../core/catalogue/runs.ts';
import { messagesFor } from '../words/messages.ts';
import { quotation } from './detail.ts';
import { momentLabel, nameOfError } from './labels.ts';
import type { Html, Reader } from './page.ts';

/** Lists the attempts of a run to dump, each with its time and its end. */
export function attemptsSection(reader: Reader, { attempts, dumps = [], status }: Run): Html | string {
  const { words, format } = reader;
  if (dumps.length === 0) return '';
  const first = attempts - dumps.length + 1;
  return html`<section><h2>${words.attempts}</h2><ol class="history">${dumps.map(({ startedAt, seconds, error }, place) => {
    const isLast = place === dumps.length - 1;
    const end = error
      ? html`${messagesFor(words).meaning[nameOfError(error.name)]}${words.colon}${quotation(error.message)}`
      : seconds !== undefined
        ? words.dumpStored
        : status === 'running' && isLast
          ? words.underWay
          : words.cutOff;
    return html`<li>${momentLabel(reader, startedAt, 'exactly')} <span><b>${first + place}.</b> ${seconds === undefined ? '' : html`${format.seconds(seconds)} · `}${end}</span></li>`;
  })}</ol></section>`;
}
