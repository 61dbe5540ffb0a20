import type { Quoting } from './statements.ts';

/** Strings, quoted names and comments; words, those after a dot or an `@` being names; and what ends or divides. Versioned comments are code. */
const tokens = {
  escaping: /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|\/\*(?!M?!).*?\*\/|(?:#|--(?=\s))[^\n]*|(?:[@.]\s*)?[\w$\x80-\xff]+|[;:(),=]/gs,
  plain: /'[^']*'|"[^"]*"|`(?:[^`]|``)*`|\/\*(?!M?!).*?\*\/|(?:#|--(?=\s))[^\n]*|(?:[@.]\s*)?[\w$\x80-\xff]+|[;:(),=]/gs,
};
const dollarQuoted = /\$(\w*)\$.*?\$\1\$/gs;

const openers = new Set(['BEGIN', 'CASE', 'IF', 'LOOP', 'REPEAT', 'WHILE']);
/** BEGIN is no reserved word: beside one of these it is a name. */
const beforeName = new Set(['AS', 'SELECT', ',', '(', '=']);
const afterName = new Set([';', ',', ')', '=', 'FROM', 'WHERE', 'INTO', 'LIMIT']);

/**
 * Whether something follows the end of a definition with a body: a client sends all up to `;;` at once, and a server runs one statement after the other. A body has semicolons within blocks only. What opens and closes blocks
 * is counted so that in doubt nothing follows: a backup must not be refused for how a routine is written. Not for Oracle's syntax, which declares before it begins.
 */
export function hidesStatement(definition: string, { backslashEscapes, dollarQuotes }: Quoting): boolean {
  const text = dollarQuotes ? definition.replace(dollarQuoted, "''") : definition;
  const words = (text.match(backslashEscapes ? tokens.escaping : tokens.plain) ?? [])
    .filter((each) => !/^(?:\/\*|#|--)/.test(each))
    .map((each) => each.toUpperCase());
  const open: string[] = [];
  for (const [at, word] of words.entries()) {
    const before = words[at - 1] ?? '';
    if (word === ';' && open.length === 0) return at < words.length - 1;
    if (word === 'END' && (open.at(-1) === 'CASE' || before === ';' || before === 'BEGIN')) open.pop();
    else if (openers.has(word) && before !== 'END' && opens(word, words, at)) open.push(word);
  }
  return false;
}

function opens(word: string, words: string[], at: number): boolean {
  const [before = '', after = ''] = [words[at - 1], words[at + 1]];
  if (word === 'BEGIN') return !beforeName.has(before) && !afterName.has(after) && words[at - 2] !== 'UPDATE';
  if (word === 'REPEAT') return after !== '('; // else the function
  if (word === 'IF') return isStatement(words, at + 1);
  return true;
}

/** `IF` begins a statement, and is neither the function, which has three arguments, nor the `IF EXISTS` of a DROP. */
function isStatement(words: string[], at: number): boolean {
  const next = words[at] === 'NOT' ? at + 1 : at;
  if (words[next] === 'EXISTS') return words[next + 1] === '(';
  if (words[at] !== '(') return true;
  let commas = 0;
  for (let depth = 0, each = at; each < words.length; each++) {
    if (words[each] === '(') depth++;
    if (words[each] === ')' && --depth === 0) break;
    if (words[each] === ',' && depth === 1) commas++;
  }
  return commas !== 2;
}
