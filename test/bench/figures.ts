/** A variant's measurements of all rounds, each in units of what it is compared with in the same round. */
export interface Figures {
  name: string;
  ratios: number[];
  seconds: number[];
  /** MiB. */
  peaks: number[];
  /** MiB that our process held before the step; empty for the programs of others. */
  bases: number[];
}

export function median(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** A table in Markdown: medians, and from the lowest to the highest. */
export function tableOf(heading: string, all: Figures[]): string {
  const rows = all.map(({ name, ratios, seconds, peaks, bases }) => {
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    return `| ${name} | ${median(ratios).toFixed(2)} | ${spread} | ${median(seconds).toFixed(2)} | ${peaks.length > 0 ? Math.max(...peaks).toFixed(0) : '—'}${bases.length > 0 ? ` (${Math.max(...bases).toFixed(0)})` : ''} |`;
  });
  return [`| ${heading} | ratio | spread | seconds | peak MiB (before the step) |`, '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}
