import type { Quoting } from './statements.ts';

/**
 * Strings, quoted names and comments; words, which are names after a dot or an `@`; and the signs that end or divide.
 * Versioned comments are code.
 */
const tokens = {
  escaping: /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|\/\*(?!M?!).*?\*\/|(?:#|--(?=\s))[^\n]*|(?:[@.]\s*)?[\w$\x80-\xff]+|[;:(),=]/gs,
  plain: /'[^']*'|"[^"]*"|`(?:[^`]|``)*`|\/\*(?!M?!).*?\*\/|(?:#|--(?=\s))[^\n]*|(?:[@.]\s*)?[\w$\x80-\xff]+|[;:(),=]/gs,
};
const dollarQuoted = /\$(\w*)\$.*?\$\1\$/gs;

const openers = new Set(['BEGIN', 'CASE', 'IF', 'LOOP', 'REPEAT', 'WHILE']);
/** Neighbours beside which BEGIN is a name, since it is no reserved word. */
const beforeName = new Set(['AS', 'SELECT', ',', '(', '=']);
const afterName = new Set([';', ',', ')', '=', 'FROM', 'WHERE', 'INTO', 'LIMIT']);

/**
 * Returns true if a statement follows the end of a definition with a body. A client sends everything up to `;;` at
 * once, and a server runs one statement after the other. A body has semicolons only within blocks.
 * Blocks are counted so that in doubt nothing follows: a backup must not be refused for the way in which a routine is
 * written. Not for Oracle's syntax, which declares before it begins.
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
  if (word === 'REPEAT') return after !== '('; // otherwise it is the function
  if (word === 'IF') return isStatement(words, at + 1);
  return true;
}

/**
 * Returns true if `IF` begins a statement, and is neither the function, which has three arguments, nor the `IF EXISTS`
 * of a DROP.
 */
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
