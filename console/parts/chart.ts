import { html } from 'hono/html';
import type { Day } from '../../core/operations/orders/overview.ts';
import type { Words } from '../words/words.ts';
import type { Html } from './page.ts';

/** Kinds of days; each has a height of its own, so that a strip can be read without colours. */
const kinds = { good: 24, mixed: 17, failed: 10, quiet: 3 } as const;
type Kind = keyof typeof kinds;

function kindOf({ succeeded, failed, verdict }: Day): Kind {
  if (succeeded > 0 && verdict !== 'refuted') return failed > 0 || verdict === 'flawed' ? 'mixed' : 'good';
  return failed > 0 || verdict === 'refuted' ? 'failed' : 'quiet';
}

const [step, width] = [10, 7];

/** Draws a strip of days, oldest first. */
export function strip(words: Words, days: Day[]): Html {
  const kindsOfDays = days.map(kindOf);
  const count = (kind: Kind) => kindsOfDays.filter((each) => each === kind).length;
  const kindsThere = (Object.keys(kinds) as Kind[]).filter((kind) => count(kind) > 0);
  const bars = kindsThere.map((kind) => {
    const path = kindsOfDays
      .flatMap((each, place) => (each === kind ? [`M${place * step} ${24 - kinds[kind]}h${width}v${kinds[kind]}h-${width}z`] : []))
      .join('');
    return html`<path class="${kind}" d="${path}"/>`;
  });
  const text = words.strip(count('good'), count('mixed'), count('failed'), count('quiet'));
  const keys = kindsThere.map((kind) => html`<span><i class="${kind}"></i>${words.stripKinds[kind](count(kind))}</span>`);
  return html`<figure class="strip"><svg viewBox="0 0 ${days.length * step - step + width} 24" preserveAspectRatio="none" role="img" aria-label="${text}">${bars}</svg><figcaption aria-hidden="true"><span>${words.stripEnds[0]}</span><span class="keys">${keys}</span><span>${words.stripEnds[1]}</span></figcaption></figure>`;
}

/** Draws a line through the values of days; days without one are passed over. */
export function line(words: Words, { label, values, write }: { label: string; values: (number | undefined)[]; write: (value: number) => string }): Html {
  const points = values.flatMap((value, day) => (value === undefined ? [] : [{ day, value }]));
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2)
    return html`<figure class="line"><figcaption>${label}</figcaption><span class="faint">${last ? write(last.value) : '–'}</span></figure>`;
  const [least, most] = [Math.min(...points.map(({ value }) => value)), Math.max(...points.map(({ value }) => value))];
  const spread = most - least || 1;
  const x = (day: number) => Math.round((100 * (day - first.day)) / (last.day - first.day));
  const y = (value: number) => (most === least ? 14 : Math.round(24 - (20 * (value - least)) / spread));
  const path = points.map(({ day, value }, place) => `${place === 0 ? 'M' : 'L'}${x(day)} ${y(value)}`).join('');
  const text = words.chart(label, write(first.value), write(last.value));
  return html`<figure class="line"><figcaption>${label} <b>${write(last.value)}</b></figcaption><svg viewBox="-1 0 102 28" preserveAspectRatio="none" role="img" aria-label="${text}"><path class="area" d="${path}L100 28L0 28z"/><path class="curve" d="${path}"/></svg></figure>`;
}
