import { sizeText } from '../core/figures.ts';
import type { Log, Progress } from '../core/platform.ts';
import { formatOf } from '../core/time/formats.ts';
import { running, type Streams } from './running.ts';

/** Formats a duration: `0.42 s`, `3 min 12 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 && !Number.isInteger(seconds) ? seconds.toFixed(2) : Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Formats the time between two instants by its largest unit: `40 min`, `13 h`, `3 days`. */
export function ago(now: string, then: string): string {
  const minutes = Math.max(0, Math.floor((Date.parse(now) - Date.parse(then)) / 60_000));
  if (minutes < 60) return minutes === 0 ? 'less than a minute' : `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}

/** Formats an instant in an IANA zone: `Sun 22 Nov 2026 02:00:00`. */
export function local(instant: string | Date, timeZone: string): string {
  const format = formatOf('en-GB', {
    timeZone,
    weekday: 'short',
    day: '2-digit',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return format.format(new Date(instant)).replaceAll(',', '');
}

/** Columns of the terminal that standard output is; no limit if it is none. */
export function screenWidth(): number {
  const { isTTY, columns } = running().stdout;
  return isTTY ? columns || 80 : Number.POSITIVE_INFINITY;
}

/**
 * Breaks a line between words so that it fits the screen; lines after the first begin with `hang` spaces. A word that
 * is longer than a line stays whole.
 */
export function wrapped(line: string, hang: number, width = screenWidth()): string {
  const start = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let now = start;
  for (const word of line.slice(start.length).split(' ')) {
    if (now.trim() !== '' && now.length + 1 + word.length > width) {
      lines.push(now.trimEnd());
      now = ' '.repeat(hang) + word;
    } else now += now === start && lines.length === 0 ? word : ` ${word}`;
  }
  return [...lines, now.trimEnd()].join('\n');
}

/** Returns as many whole words as fit a line that has no second one. */
function beginningOf(text: string, width: number): string {
  return text.length <= width ? text : text.slice(0, width + 1).replace(/,? ?\S*$/, '');
}

/** Breaks each line of a text between words. */
export function wrappedText(text: string, hang: number, width?: number): string {
  return text
    .split('\n')
    .map((line) => wrapped(line, hang, width))
    .join('\n');
}

/** Puts text into a column that begins at `hang`, below its label where too little room is left beside that. */
export function beside(label: string, text: string, hang: number): string {
  if (screenWidth() - hang >= leastTextWidth) return wrapped(label.padEnd(hang) + text, hang);
  return `${label.trimEnd()}\n${wrapped(`    ${text}`, 4)}`;
}

/** Columns below which a text reads better on lines of its own. */
const leastTextWidth = 30;

/**
 * Formats a table, with columns as wide as their widest cell. A heading that begins with `>` marks a column of numbers,
 * aligned to the right. On a terminal that is too narrow for all columns, each row goes on in indented lines.
 */
export function table(headings: string[], rows: string[][]): string {
  const right = headings.map((heading) => heading.startsWith('>'));
  const cells = [headings.map((heading) => heading.replace(/^>/, '').toUpperCase()), ...rows];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const bands = bandsOf(widths, screenWidth());
  const padded = (row: string[], column: number) => {
    const cell = row[column] ?? '';
    return right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  };
  return cells
    .flatMap((row) => bands.map((band, line) => `${line === 0 ? '' : '  '}${band.map((column) => padded(row, column)).join('  ')}`.trimEnd()))
    .filter((line) => line !== '' || bands.length === 1)
    .map((line) => (bands.length === 1 ? line : wrapped(line, 4)))
    .join('\n');
}

/** Distributes columns of these widths over lines that fit the screen, those after the first indented by 2. */
function bandsOf(widths: number[], screen: number): number[][] {
  const bands: number[][] = [[]];
  let used = 0;
  for (const [column, width] of widths.entries()) {
    if (used > 0 && used + width > screen) {
      bands.push([]);
      used = 2;
    }
    bands.at(-1)?.push(column);
    used += width + 2;
  }
  return bands;
}

/** Prints a command's result to standard output. */
export function print(text: string): void {
  running().stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  running().hasAnswered = true;
  print(JSON.stringify(value, null, 2));
}

/** Escapes control characters in text from a database or a file: they could move a terminal's cursor. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

const verbs: Record<Progress['step'], string> = {
  copy: 'copying',
  dump: 'dumping',
  prove: 'proving',
  restore: 'restoring',
  compare: 'comparing',
  download: 'downloading',
};
/** Milliseconds between two drawings of progress on a terminal, and between two lines in a plain log. */
const drawEveryMs = 100;
const writeEveryMs = 10_000;

/** Smallest time and share that allow an estimate: a first second tells little of the next minutes. */
const leastSeconds = 2;
const leastShare = 0.02;

/** Estimates the seconds that the rest takes at the speed so far; undefined while too little is known. */
export function remaining(seconds: number, bytes: number, total: number | undefined): number | undefined {
  if (!total || bytes >= total || seconds < leastSeconds || bytes / total < leastShare) return undefined;
  return (seconds / bytes) * (total - bytes);
}

/**
 * Writes talk to standard error: on a terminal with a line of progress that is redrawn, elsewhere as a plain log with
 * times in UTC.
 */
export class Talk implements Log {
  readonly #given: Streams['stderr'] | undefined;
  #shown = 0;
  #since = new Map<string, number>();
  #drawn = '';

  /** `out` is the running command's standard error unless given. */
  constructor(out?: Streams['stderr']) {
    this.#given = out;
  }

  /** True for a terminal whose lines can be redrawn. */
  get #isDrawn(): boolean {
    return this.#out.isTTY === true && process.env.TERM !== 'dumb';
  }

  get #out(): Streams['stderr'] {
    return this.#given ?? running().stderr;
  }

  get #width(): number {
    return this.#out.isTTY ? this.#out.columns || 80 : Number.POSITIVE_INFINITY;
  }

  info(message: string): void {
    this.#say('', message);
  }

  warn(message: string): void {
    this.#say('warning: ', message);
  }

  error(message: string): void {
    this.#say('error: ', message);
  }

  /** Writes what to try after an error. */
  advise(advice: string): void {
    this.clear();
    this.#out.write(`${wrappedText(advice, 0, this.#width)}\n`);
  }

  progress({ run, step, bytes, total }: Progress): void {
    const now = performance.now();
    const key = `${run} ${step}`;
    const begun = this.#since.get(key) ?? now;
    this.#since.set(key, begun);
    const finished = total !== undefined && bytes >= total;
    if (finished) this.#since.delete(key);
    if (now - this.#shown < (this.#isDrawn ? drawEveryMs : writeEveryMs)) return;
    if (!this.#isDrawn && begun === now) return;
    this.#shown = now;
    const seconds = (now - begun) / 1000;
    const rate = seconds > 0.2 ? `, ${sizeText(bytes / seconds)}/s, ${duration(seconds)}` : '';
    const share = total ? ` of ${sizeText(total)} (${Math.min(100, Math.floor((100 * bytes) / total))} %)` : '';
    const left = remaining(seconds, bytes, total);
    const text = `${run}: ${verbs[step]} ${sizeText(bytes)}${share}${rate}${left === undefined ? '' : `, ${duration(Math.ceil(left))} left`}`;
    if (this.#isDrawn) this.#draw(beginningOf(text, this.#width - 1));
    else this.#say('', text);
  }

  /** Removes the line of progress. */
  clear(): void {
    if (this.#drawn !== '') this.#out.write('\r\u001b[K');
    this.#drawn = '';
  }

  #draw(text: string): void {
    this.#out.write(`\r${text}\u001b[K`);
    this.#drawn = text;
  }

  #say(level: string, message: string): void {
    this.clear();
    const time = this.#out.isTTY ? '' : `${new Date().toISOString().slice(0, 19)}Z `;
    this.#out.write(`${wrappedText(`${time}${level}${printable(message)}`, 2, this.#width)}\n`);
  }
}
