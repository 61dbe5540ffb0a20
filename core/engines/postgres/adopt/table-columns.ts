import { skeletonOf } from '../script/skeleton.ts';

const name = '(?:"(?:[^"]|"")*"|[^\\s"().,]+)';
const relation = `${name}(?:\\.${name})?`;
const creation = new RegExp(`^CREATE (?:UNLOGGED )?TABLE (${relation}) \\(`);
const parents = new RegExp(`^\\)\\s*INHERITS \\((${relation}(?:, ${relation})*)\\)`);
const partitioned = /^\)(?:\s*INHERITS \(.*?\))?\s*PARTITION BY /s;
const column = new RegExp(`^(${name})\\s`);
const generated = / GENERATED ALWAYS AS \(\)/;
/** Quoted texts and names; pg_dump writes no comments inside a definition. */
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$/gsy;

/** Learns, from the definitions of a script of pg_dump, the columns of its tables that a COPY fills. As Latin-1. */
export class TableColumns {
  readonly #columns = new Map<string, { column: string; isGenerated: boolean }[]>();
  /** Tables that hold rows themselves, which partitioned ones do not. */
  readonly holders = new Set<string>();

  statement(text: string): void {
    const [begun, table] = creation.exec(text) ?? [];
    if (begun === undefined || table === undefined) return;
    const { items, end } = itemsOf(text, begun.length);
    const list = parents.exec(text.slice(end))?.[1] ?? '';
    const inherited = [...list.matchAll(new RegExp(relation, 'g'))].flatMap(([parent]) => this.#columns.get(parent) ?? []);
    const own = items.flatMap((item) => {
      const found = /^CONSTRAINT\s/.test(item) ? undefined : column.exec(item)?.[1];
      return found === undefined ? [] : [{ column: found, isGenerated: generated.test(skeletonOf(`${item};`)) }];
    });
    // a column that is inherited too has its parent's place, and its own definition
    const all = new Map([...inherited, ...own].map((each) => [each.column, each]));
    this.#columns.set(table, [...all.values()]);
    if (!partitioned.test(text.slice(end))) this.holders.add(table);
  }

  /** Lists the columns that a COPY of the table fills, in its order; undefined if they are not known. */
  of(table: string): string[] | undefined {
    return this.#columns.get(table)?.flatMap((each) => (each.isGenerated ? [] : [each.column]));
  }
}

/** Splits what is between parentheses, from `start` on, at its commas. */
function itemsOf(text: string, start: number): { items: string[]; end: number } {
  const items: string[] = [];
  let [depth, begun, at] = [0, start, start];
  const take = () => items.push(text.slice(begun, at).trim());
  for (; at < text.length; at++) {
    const letter = text[at];
    if (letter === "'" || letter === '"' || letter === '$') {
      quoted.lastIndex = at;
      at += Math.max(0, (quoted.exec(text)?.[0].length ?? 1) - 1);
    } else if (letter === '(') depth++;
    else if (letter === ')' && depth === 0) break;
    else if (letter === ')') depth--;
    else if (letter === ',' && depth === 0) {
      take();
      begun = at + 1;
    }
  }
  take();
  return { items, end: at };
}
