const bars = '▁▂▃▄▅▆▇█';

/** Draws numbers as bars, the newest last, in `width` columns at most. The lowest bar stands for nothing at all. */
export function sparkline(numbers: readonly number[], width: number): string {
  const drawn = numbers.slice(-width);
  const most = Math.max(...drawn);
  return drawn.map((number) => bars[most > 0 ? Math.round((number / most) * (bars.length - 1)) : 0]).join('');
}
