import { html } from 'hono/html';
import { button } from './form.ts';
import type { Html, Reader } from './page.ts';

/** A button that accepts the database that a backup is of, and what that means. */
export function acceptButton(reader: Reader, backup: string): Html {
  const { words } = reader;
  return html`<div class="actions">${button(reader, { action: `/backups/${backup}/accept`, label: words.accept })}</div><p class="faint">${words.acceptMeaning}</p>`;
}
