import { html } from 'hono/html';
import type { Scan } from '../../core/documents/scan.ts';
import type { Changes } from '../../core/operations/orders/changes.ts';
import { visible } from '../format.ts';
import type { Html, Reader } from '../parts/page.ts';

/** Largest number of tables on a page; the command line shows the rest. */
const mostTables = 60;

/** Shows the tables of a backup, those first that changed since the one before. */
export function tablesSection(reader: Reader, { tables, objects }: Scan, changes: Changes | undefined, command: string): Html {
  const { words, format } = reader;
  const changed = new Map(changes?.changed.map((each) => [each.name, each]));
  const sorted = [...tables].sort((one, other) => Number(changed.has(other.name)) - Number(changed.has(one.name)));
  const others = Object.entries(objects).map(([kind, count]) => `${format.number(count)} × ${visible(kind)}`);
  return html`<section><h2>${words.tables}</h2>
${changes ? html`<p class="faint">${changes.against === undefined ? words.noBefore : html`${words.changesSince(changes.against)}${words.colon}${changed.size + changes.gone.length === 0 ? words.noChanges : words.changedTables(changed.size + changes.gone.length, changes.same)}`}</p>` : ''}
<div class="scroll" tabindex="0" role="region" aria-label="${words.tables}"><table><thead><tr><th>${words.table}</th><th class="n">${words.rows}</th><th class="n">${words.change}</th><th class="n wide">${words.size}</th></tr></thead><tbody>
${(changes?.gone ?? []).slice(0, mostTables).map((name) => html`<tr><th scope="row"><bdi>${visible(name)}</bdi></th><td class="n">–</td><td class="n"><span class="fell">${words.gone}</span></td><td class="wide"></td></tr>`)}
${sorted.slice(0, mostTables).map(({ name, rows, bytes }) => html`<tr><th scope="row"><bdi>${visible(name)}</bdi></th><td class="n">${format.number(rows)}</td><td class="n">${change(reader, changes, changed.get(name))}</td><td class="n wide">${format.bytes(bytes)}</td></tr>`)}
</tbody></table></div>
${sorted.length > mostTables ? html`<p>${words.moreTables(sorted.length - mostTables, command)}</p>` : ''}
${others.length > 0 ? html`<p class="faint">${others.join(', ')}</p>` : ''}</section>`;
}

function change({ words, format }: Reader, changes: Changes | undefined, changed: Changes['changed'][number] | undefined): Html | string {
  if (!changes?.against || !changed) return '';
  if (changed.before === undefined) return words.isNew;
  const by = changed.rows - changed.before;
  if (by === 0) return html`<span class="faint">${words.otherRows}</span>`;
  return html`<span class="${by > 0 ? 'rose' : 'fell'}">${by > 0 ? '+' : '−'}${format.number(Math.abs(by))}</span>`;
}
