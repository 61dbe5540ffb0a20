const [quote, comma, close, backslash] = [0x27, 0x2c, 0x29, 0x5c] as const;

/** Splits a row such as `(1,'a, b',NULL)` into its values, as they stand. */
export function valuesOf(row: Buffer): Buffer[] {
  const values: Buffer[] = [];
  let [start, isString] = [1, false];
  for (let at = 1; at < row.length; at++) {
    const byte = row[at];
    if (isString && byte === backslash) at++;
    else if (byte === quote) isString = !isString;
    else if (!isString && (byte === comma || byte === close)) {
      values.push(row.subarray(start, at));
      start = at + 1;
    }
  }
  return values;
}

const escapes: Record<string, string> = { '0': '\0', n: '\n', r: '\r', t: '\t', b: '\b', Z: '\x1a' };

/** Reads a quoted value; undefined for others. */
export function textOfValue(value: Buffer): string | undefined {
  const quoted = /^(?:_\w+ )?'(.*)'$/s.exec(value.toString('utf8'))?.[1];
  return quoted?.replace(/\\(.)|''/gs, (whole, letter?: string) => (letter === undefined ? whole.slice(1) : (escapes[letter] ?? letter)));
}
