import type { RowsOf, TableHistory } from './facts.ts';
import type { Judgement } from './judgement.ts';

/** Number of rows below which a table may lose them without a word. */
const leastRows = 100;
/** Largest number of tables that are named. */
const mostNamed = 5;

/** Returns the tables of `before` that are gone from `newest`, or have lost more than half of their rows. */
export function lostBetween(before: RowsOf, newest: RowsOf): { gone: string[]; shrunk: string[] } {
  const gone = [...before.keys()].filter((name) => !newest.has(name));
  const shrunk = [...before].flatMap(([name, rows]) => (rows >= leastRows && (newest.get(name) ?? rows) < rows / 2 ? [name] : []));
  return { gone, shrunk };
}

/**
 * Returns the tables that are lost by comparison with each of `others`, the first of which names them: a table that one
 * of them lacks, or has as few rows of, comes and goes.
 */
export function lostFromAll(others: readonly RowsOf[], rows: RowsOf): { gone: string[]; shrunk: string[] } {
  const [first = new Map()] = others;
  const { gone, shrunk } = lostBetween(first, rows);
  return {
    gone: gone.filter((name) => others.every((each) => each.has(name))),
    shrunk: shrunk.filter((name) => others.every((each) => (rows.get(name) ?? 0) < (each.get(name) ?? 0) / 2)),
  };
}

/**
 * Judges the tables of the newest backup by those before. A table that comes and goes, or is emptied now and then, is
 * acknowledged by its history: it counts as lost only if every backup before had it, or had as many rows.
 */
export function judgeRows(tables: TableHistory | undefined): Judgement {
  if (!tables) return undefined;
  const { backup, newest, before } = tables;
  const { gone, shrunk } = lostFromAll(before, newest);
  const lost = [...gone, ...shrunk];
  return lost.length > 0 && { backup, count: lost.length, tables: lost.slice(0, mostNamed).join(', '), more: Math.max(0, lost.length - mostNamed) };
}
