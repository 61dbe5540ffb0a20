import { html } from 'hono/html';
import type { Live } from '../../core/operations/orders/home.ts';
import type { Html, Reader } from './page.ts';

/** Shows work that lasts: its step, how far it is, and how fast. Without a total the bar only shows that it moves. */
export function progressBar({ words, format }: Reader, name: string, live: Live | undefined, otherwise = words.underWay): Html {
  if (!live) return html`<div class="progress"><progress aria-label="${name}"></progress><span>${otherwise}</span></div>`;
  const { step, bytes, total, seconds } = live;
  const done = total === undefined ? format.bytes(bytes) : words.of(format.bytes(Math.min(bytes, total)), format.bytes(total));
  const rate = seconds > 0.5 && bytes > 0 ? `, ${words.perSecond(format.bytes(bytes / seconds))}` : '';
  const value = total === undefined ? '' : html` max="${total}" value="${Math.min(bytes, total)}"`;
  return html`<div class="progress"><progress aria-label="${name}"${value}></progress><span>${words.steps[step]}${bytes > 0 ? ` · ${done}${rate}` : ''}</span></div>`;
}
