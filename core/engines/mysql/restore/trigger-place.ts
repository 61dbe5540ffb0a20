const name = '(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\\w$\\x80-\\xff]+)';
const database = `(?:${name}\\s*\\.\\s*)?`;
/** Up to the table's name. A name that is quoted may hold anything, so what stands before `TRIGGER` is read name by name. */
const head = new RegExp(
  `^((?:[^\`"]|\`(?:[^\`]|\`\`)*\`|"(?:[^"]|"")*")*?\\bTRIGGER\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?)${database}(${name}\\s+(?:BEFORE|AFTER)\\s[\\w\\s,]*?\\bON\\s+)${database}(?=${name}\\s)`,
  'i',
);
/** A definer and three names are shorter. */
const headSize = 4096;

/** A trigger is dumped as it was written, and that may say in which database: the statement without it, for the database that is in use. */
export function triggerHere(statement: Buffer): Buffer {
  const [whole, before = '', between = ''] = head.exec(statement.toString('latin1', 0, headSize)) ?? [];
  return whole === undefined ? statement : Buffer.concat([Buffer.from(before + between, 'latin1'), statement.subarray(whole.length)]);
}
