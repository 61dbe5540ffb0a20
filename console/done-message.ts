import { html } from 'hono/html';
import { partsOfRunId } from '../core/names.ts';
import { button } from './parts/form.ts';
import type { Html, Reader } from './parts/page.ts';
import { pathWith } from './paths.ts';
import type { Words } from './words/words.ts';

export type Done = keyof Words['done'];

/** Adds to the address of a page that an order was carried out, so that the page says so. */
export function withDone(back: string, done: Done, on: string): string {
  return pathWith(back, { did: done, on });
}

/** Returns the message that the address of a page asks for, if any: a sentence of ours about an id. */
export function doneMessage(reader: Reader): Html | undefined {
  const { words, here, draft } = reader;
  if (draft)
    return html`<p class="said">${words.typedAgain} <a href="#${draft.action === '/backups' ? 'now' : draft.action.split('/').at(-1)}">${words.backToForm}</a></p>`;
  const address = new URL(here, 'http://console');
  const [done, on] = [address.searchParams.get('did') ?? '', address.searchParams.get('on') ?? ''];
  if (!Object.hasOwn(words.done, done) || !partsOfRunId(on)) return undefined;
  const clean = { ...reader, here: pathWith(here) };
  const undo = done === 'retired' ? button(clean, { action: `/backups/${on}/unretire`, label: words.undo, look: 'small' }) : '';
  const page = done === 'started' || done === 'exists' ? 'runs' : 'backups';
  return html`<p class="said">${words.done[done as Done]} <a href="/${page}/${on}">${on}</a> ${undo}</p>`;
}
