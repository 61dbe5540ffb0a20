/** Column in a table's definition, as the server writes it. */
export interface Column {
  name: string;
  /** First word of the type, such as `varchar`. */
  type: string;
  /** Whole definition, without the comma: "`id` int(11) NOT NULL". */
  definition: string;
  /** Character set of a column with text. */
  characterSet: string | undefined;
  /** True if the server computes its values, which no dump holds. */
  isGenerated: boolean;
  /** True if it says from when on, or until when, its row is or was current. */
  isOfPeriod: boolean;
}

/** A table's definition in its parts. Servers write each column, key and constraint on a line of its own. */
export interface TableText {
  columns: Column[];
  /** Definitions of keys and constraints, without commas: "UNIQUE KEY `k` (`a`)". */
  others: string[];
  /** Part before the columns, with the parenthesis; and the part after them, from its parenthesis on. */
  head: string;
  tail: string;
}

/** A quoted text or name, or a line feed or a comma at a line's end. */
const token = /'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|,?\n/gs;
const column = /^`((?:[^`]|``)+)` (\w+)/;
const defaultSet = /^\) (?:.*? )?(?:DEFAULT )?CHARSET=(\w+)/s;

/** Returns true for a generated column whose values lie in the table, where a session that wrote them decided them. */
export function isStored({ definition, isGenerated }: Column): boolean {
  return isGenerated && /\) (?:STORED|PERSISTENT)\b/.test(definition.replace(token, ''));
}

/** Divides the definition that SHOW CREATE TABLE and the dump tools write. Returns undefined for any other text. */
export function tableText(text: string): TableText | undefined {
  const lines = linesOf(text);
  const end = lines.findIndex(({ line }, index) => index > 0 && line.startsWith(')'));
  const [first, last] = [lines[0], lines[end]];
  if (!first?.line.endsWith('(') || !last) return undefined;
  const tail = text.slice(last.start);
  const usual = defaultSet.exec(tail)?.[1];
  const parts = lines.slice(1, end).map(({ line }) => line.trim());
  return {
    columns: parts.flatMap((part) => columnOf(part, usual)),
    others: parts.filter((part) => !column.test(part)),
    head: first.line,
    tail,
  };
}

/** Splits at the line feeds outside quotes. The commas before them are left out. */
function linesOf(text: string): { line: string; start: number }[] {
  const lines: { line: string; start: number }[] = [];
  let start = 0;
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found.startsWith("'") || found.startsWith('`')) continue;
    lines.push({ line: text.slice(start, index), start });
    start = index + found.length;
  }
  return [...lines, { line: text.slice(start), start }];
}

function columnOf(definition: string, usual: string | undefined): Column[] {
  const [, name, type] = column.exec(definition) ?? [];
  if (name === undefined || type === undefined) return [];
  const bare = withoutQuoted(definition);
  const set = /\bCHARACTER SET (\w+)/.exec(bare)?.[1];
  const isText = /^(?:char|varchar|tinytext|text|mediumtext|longtext|enum|set)$/.test(type);
  return [
    {
      name: name.replaceAll('``', '`'),
      type,
      definition,
      characterSet: isText ? (set ?? /\bCOLLATE (\w+?)_/.exec(bare)?.[1] ?? usual) : undefined,
      isGenerated: /\bGENERATED ALWAYS AS \(/.test(bare),
      isOfPeriod: /\bGENERATED ALWAYS AS ROW (?:START|END)\b/.test(bare),
    },
  ];
}

/** Empties quoted texts and names, so that what they hold is not taken for words. */
export function withoutQuoted(definition: string): string {
  return definition.replace(/'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`/gs, (quoted) => quoted.slice(0, 1) + quoted.slice(0, 1));
}
