/** Strings, quoted names, dollar quotes, words, brackets, white space. A comment is none of them: pg_dump writes none inside a statement. */
const token = /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*|[([{]|[)\]}]|\s+|--|\/\*|./gs;

/**
 * What a statement says without what it says it of: `ALTER TABLE ONLY public."T t" ADD CONSTRAINT c CHECK ((a > 1));` is `ALTER TABLE ONLY public."" ADD CONSTRAINT c CHECK ()`. Strings are `''`, quoted names `""`, whatever
 * stands in brackets is left out, white space is one space, and the semicolon at the end is gone. Strings are read as the standard has them, as in every dump.
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
