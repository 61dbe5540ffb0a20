/**
 * Strings, quoted names, dollar quotes, words, brackets, white space. Comments need no token: pg_dump writes none
 * inside a statement.
 */
const token = /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*|[([{]|[)\]}]|\s+|--|\/\*|./gs;

/**
 * Reduces a statement to its form: `ALTER TABLE ONLY public."T t" ADD CONSTRAINT c CHECK ((a > 1));` becomes `ALTER
 * TABLE ONLY public."" ADD CONSTRAINT c CHECK ()`. Strings become `''`, quoted names `""`, white space one space.
 * Everything between brackets and the final semicolon go. Strings are read by the SQL standard, which holds in every
 * dump.
 */
export function skeletonOf(statement: string): string {
  let depth = 0;
  const skeleton = statement.replace(token, (piece: string) => {
    const first = piece[0] ?? '';
    if (/[)\]}]/.test(first)) return --depth === 0 ? (closed[first] ?? '') : '';
    if (/[([{]/.test(first)) return depth++ === 0 ? first : '';
    if (depth > 0) return '';
    if (first === "'" || first === '$' || /^[eE]'/.test(piece)) return piece === '$' ? '$' : "''";
    if (first === '"') return '""';
    return /^\s/.test(piece) ? ' ' : piece;
  });
  return skeleton.trim().replace(/ ?;$/, '');
}

const closed: Record<string, string> = { ')': ')', ']': ']', '}': '}' };
