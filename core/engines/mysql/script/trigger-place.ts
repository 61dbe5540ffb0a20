const name = '(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\\w$\\x80-\\xff]+)';
const database = `(?:${name}\\s*\\.\\s*)?`;
/**
 * Matches up to the table's name. A quoted name may hold anything, so the part before `TRIGGER` is read name by name.
 */
const head = new RegExp(
  `^((?:[^\`"]|\`(?:[^\`]|\`\`)*\`|"(?:[^"]|"")*")*?\\bTRIGGER\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?)${database}(${name}\\s+(?:BEFORE|AFTER)\\s[\\w\\s,]*?\\bON\\s+)${database}(?=${name}\\s)`,
  'i',
);
/** Bytes to look at: a definer and three names are shorter. */
const headSize = 4096;

/**
 * Removes the database from a trigger's statement, so that it is made in the current database. A trigger is dumped as
 * it was written, which may include its database.
 */
export function triggerHere(statement: Buffer): Buffer {
  const [whole, before = '', between = ''] = head.exec(statement.toString('latin1', 0, headSize)) ?? [];
  return whole === undefined ? statement : Buffer.concat([Buffer.from(before + between, 'latin1'), statement.subarray(whole.length)]);
}
