/** Measurements of a variant in all rounds, each relative to the reference of the same round. */
export interface Figures {
  name: string;
  ratios: number[];
  seconds: number[];
  /** MiB. */
  peaks: number[];
  /** MiB that our process held before the step; empty for other programs. */
  bases: number[];
  /** MiB of our process with all its children, servers included; empty for other programs. */
  trees: number[];
}

/** Measurements, by variant and round. */
export class Measurements {
  readonly #all = new Map<string, { seconds: number[]; peaks: number[]; bases: number[]; trees: number[] }>();

  note(name: string, { seconds, peak, base, tree }: { seconds: number; peak?: number; base?: number; tree?: number }): void {
    const known = this.#all.get(name) ?? { seconds: [], peaks: [], bases: [], trees: [] };
    known.seconds.push(seconds);
    if (peak !== undefined) known.peaks.push(peak);
    if (base !== undefined) known.bases.push(base);
    if (tree !== undefined) known.trees.push(tree);
    this.#all.set(name, known);
  }

  /** Returns a variant's figures, relative to another variant. */
  figures(name: string, unit: string): Figures {
    const { seconds = [], peaks = [], bases = [], trees = [] } = this.#all.get(name) ?? {};
    const units = this.#all.get(unit)?.seconds ?? [];
    return { name, seconds, peaks, bases, trees, ratios: seconds.map((each, round) => each / (units[round] ?? Number.NaN)) };
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** Writes a table in Markdown: medians, and the range from the lowest to the highest. */
export function tableOf(heading: string, all: Figures[]): string {
  const rows = all.map(({ name, ratios, seconds, peaks, bases, trees }) => {
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    return `| ${name} | ${median(ratios).toFixed(2)} | ${spread} | ${median(seconds).toFixed(2)} | ${peaks.length > 0 ? Math.max(...peaks).toFixed(0) : '—'}${bases.length > 0 ? ` (${Math.max(...bases).toFixed(0)})` : ''} | ${trees.length > 0 ? Math.max(...trees).toFixed(0) : '—'} |`;
  });
  return [`| ${heading} | ratio | spread | seconds | peak MiB (before the step) | with all processes |`, '| --- | --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
