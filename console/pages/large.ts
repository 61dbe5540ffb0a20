import { html } from 'hono/html';
import type { Backup } from '../../core/catalogue/backups.ts';
import { button } from '../parts/form.ts';
import { type Html, page, type Reader } from '../parts/page.ts';

/** Warns of a very large download, with the command that is better for it. */
export function largePage(reader: Reader, { id, size }: Backup, options: string): Html {
  const { words } = reader;
  const content = html`<section class="alone"><h1>${words.download}</h1><p>${words.large(reader.format.bytes(size))}</p>
<pre tabindex="0" data-copy="${words.copy}" data-copied="${words.copied}"><code>sauvegarde${options} download ${id}</code></pre>
<div class="actions">${button(reader, { action: `/backups/${id}/download`, label: words.downloadAnyway, live: false, fields: { anyway: 'yes' } })}<a href="/backups/${id}">${words.back}</a></div></section>`;
  return page(reader, { title: id, current: 'backups', content });
}
