import { html } from 'hono/html';
import type { Watched } from '../live.ts';
import type { Html, Reader } from './page.ts';

/** Time after which a step is told to last, in seconds. */
const lasting = 3;

/**
 * Shows work that lasts: its step, how far it is and how fast, for how long it lasts, and how long it usually does.
 * Without a total the bar only shows that it moves.
 */
export function progressBar({ words, format }: Reader, name: string, live: Watched | undefined, otherwise = words.underWay): Html {
  if (!live) return html`<div class="progress"><progress aria-label="${name}"></progress><span>${otherwise}</span></div>`;
  const { step, bytes, total, seconds, rate, usual } = live;
  const done = total === undefined ? format.bytes(bytes) : words.of(format.bytes(Math.min(bytes, total)), format.bytes(total));
  const told = [
    words.steps[step],
    ...(bytes > 0 ? [rate === undefined ? done : `${done}, ${words.perSecond(format.bytes(Math.round(rate)))}`] : []),
    ...(seconds >= lasting ? [words.forTime(format.roughly(seconds))] : []),
    ...(usual !== undefined && usual >= 1 ? [words.usually(format.roughly(usual))] : []),
  ];
  const value = total === undefined ? '' : html` max="${total}" value="${Math.min(bytes, total)}"`;
  return html`<div class="progress"><progress aria-label="${name}"${value}></progress><span>${told.join('\u00a0· ')}</span></div>`;
}
