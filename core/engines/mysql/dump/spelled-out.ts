import type { Work } from '../../engine.ts';
import type { Access } from '../connect/access.ts';
import { runQueries } from '../connect/run-queries.ts';
import type { Family } from '../family.ts';
import { type Column, tableText } from '../script/table-text.ts';
import { identifier } from '../sql-text.ts';
import { longest } from './count-on-server.ts';

/*
 * Servers keep the members of ENUM and SET, and defaults, in the column's character set, but show them in utf8mb3: a
 * letter of four bytes, such as an emoji, is a question mark in SHOW CREATE TABLE, and so in the dumps of the tools.
 * Rows with such a member would not come back.
 */

/** A column's members by their place in the list, from 1, and its default, as they are. */
export interface Spelled {
  members: Map<number, string>;
  default?: string;
}

/** Spelling of what servers show otherwise, by table and column. */
export type Spelling = ReadonlyMap<string, ReadonlyMap<string, Spelled>>;

/** A column of which the server shows something with a question mark. */
interface Marked {
  table: string;
  column: Column;
  /** Its members as they are shown, quoted. */
  members: string[];
  /** Places of those with a question mark, from 1. */
  places: number[];
  /** Its default as it is shown, quoted, if that has one. */
  shownDefault: string | undefined;
  spelled: Spelled;
}

interface Question {
  of: Marked;
  asks: 'members' | 'default';
  sql: string;
}

/** Character sets that have such letters. */
const large = new Set(['utf8mb4', 'utf16', 'utf16le', 'utf32', 'gb18030']);
/** Names by which Node knows those that it reads. */
const decoders: Record<string, string> = { utf8mb4: 'utf-8', utf16: 'utf-16be', utf16le: 'utf-16le', gb18030: 'gb18030' };
const quoted = String.raw`'(?:[^'\\]|\\.|'')*'`;
const list = new RegExp(`^(\`(?:[^\`]|\`\`)+\` (?:enum|set)\\()(${quoted}(?:,${quoted})*)`, 's');
const member = new RegExp(quoted, 'gs');
/**
 * A default, and texts and names, which are matched so that they are skipped. MySQL shows a default with such a letter
 * as the bytes that it has in the column's character set.
 */
const given = new RegExp(`( DEFAULT )(0x[0-9A-F]+|${quoted})|${quoted}|\`(?:[^\`]|\`\`)*\``, 'gs');

export interface Spellings {
  spelling: Spelling;
  /** Sentences about members that the server does not tell: those that are lost, and those that may be. */
  lost: string[];
  doubtful: string[];
}

/**
 * Asks the server for the spelling of members and defaults that it shows with question marks, of tables with these
 * definitions. MySQL tells a member that is the default or that a row has, MariaDB tells all.
 */
export async function spellingOf(
  tables: ReadonlyMap<string, string>,
  work: Pick<Work, 'tools' | 'signal'>,
  place: { family: Family; access: Access; database: string; patience?: number | undefined },
): Promise<Spellings> {
  const marked = [...tables].flatMap(([table, text]) => (text.includes('?') ? markedIn(table, text) : []));
  const questions = marked.flatMap((of) => questionsOn(of, place.family));
  const statements = questions.map(({ sql }) => sql);
  const answering = { ...place, patience: place.patience ?? longest };
  await runQueries(statements, work, answering, (rows, index) => {
    const { of, asks } = questions[index] as Question;
    if (of.places.length > 0) for (const [value = '0', text = ''] of rows) take(of, value, text);
    if (asks === 'default' && rows[0]?.[1] !== undefined) of.spelled.default = rows[0][1];
  });
  for (const of of marked) {
    takeDefault(of);
    of.spelled.default ??= defaultOfMembers(of);
  }
  const spelling = new Map<string, Map<string, Spelled>>();
  for (const { table, column, spelled } of marked)
    if (columnSpelledOut(column.definition, spelled) !== column.definition) spelling.set(table, (spelling.get(table) ?? new Map()).set(column.name, spelled));
  const untold = marked.flatMap(untoldOf);
  const textsOf = (isLost: boolean) => untold.filter((each) => each.isLost === isLost).map(({ text }) => text);
  return { spelling, lost: textsOf(true), doubtful: textsOf(false) };
}

function markedIn(table: string, text: string): Marked[] {
  const { columns = [] } = tableText(text) ?? {};
  return columns.flatMap((column) => {
    if (!large.has(column.characterSet ?? '')) return [];
    const members = list.exec(column.definition)?.[2]?.match(member) ?? [];
    const places = members.flatMap((each, index) => (each.includes('?') ? [index + 1] : []));
    const shownDefault = [...column.definition.matchAll(given)].find(([, , value]) => value?.includes('?'))?.[2];
    if (places.length === 0 && shownDefault === undefined) return [];
    return [{ table, column, members, places, shownDefault, spelled: { members: new Map() } }];
  });
}

/** Writes a column's questions. Servers tell the default of a row that is there or, if it may be NULL, is not. */
function questionsOn(of: Marked, family: Family): Question[] {
  const [table, column] = [identifier(of.table), identifier(of.column.name)];
  const number = of.places.length > 0 ? `DEFAULT(${column}) + 0` : '0';
  const ofDefault = { of, asks: 'default' as const, sql: `SELECT ${number}, DEFAULT(${column}) FROM (SELECT 1) AS one LEFT JOIN ${table} ON TRUE LIMIT 1` };
  if (of.places.length === 0) return [ofDefault];
  const values = of.places.map((at) => numberOf(of.column, at));
  const each = values.map((value) => `SET v = ${value}; SELECT ${value}, v;`).join(' ');
  // the client's own word for what ends a statement, so that the block is one
  const inBlock = `DELIMITER $$\nBEGIN NOT ATOMIC DECLARE v TYPE OF ${table}.${column}; ${each} END$$\nDELIMITER `;
  const isOne = of.column.type === 'enum' ? `${column} + 0 IN (${values.join(', ')})` : `(${column} + 0) & ${values.reduce((all, value) => all | value)} <> 0`;
  const inRows = `SELECT DISTINCT ${column} + 0, ${column} FROM ${table} WHERE ${isOne}`;
  return [{ of, asks: 'members', sql: family === 'mariadb' ? inBlock : inRows }, ofDefault];
}

/** Returns the number that stands for a member: its place in an ENUM, a bit of a SET. */
function numberOf({ type }: Column, place: number): bigint {
  return type === 'enum' ? BigInt(place) : 1n << BigInt(place - 1);
}

/** Takes a value, which is one member or, of a SET, some of them in their order. */
function take({ column, members, spelled }: Marked, value: string, text: string): void {
  const places = members.map((_, index) => index + 1);
  if (!/^\d+$/.test(value)) return;
  const number = BigInt(value);
  const isIn = (place: number) => (column.type === 'enum' ? number === BigInt(place) : (number & numberOf(column, place)) !== 0n);
  const texts = column.type === 'enum' ? [text] : text.split(',');
  for (const [index, place] of places.filter(isIn).entries()) spelled.members.set(place, texts[index] ?? '');
}

/** Takes the members of a default that is shown in bytes. */
function takeDefault({ column, members, spelled }: Marked): void {
  const bytes = [...column.definition.matchAll(given)].find(([, , value]) => value?.startsWith('0x'))?.[2]?.slice(2);
  const decoder = decoders[column.characterSet ?? ''];
  if (bytes === undefined || decoder === undefined) return;
  const text = new TextDecoder(decoder).decode(Buffer.from(bytes, 'hex'));
  for (const each of column.type === 'set' ? text.split(',') : [text]) {
    const shown = shownAs(each.replace(/[\u{10000}-\u{10ffff}]/gu, '?'));
    const index = members.findIndex((one, at) => one === shown && !spelled.members.has(at + 1));
    if (index >= 0 && ![...spelled.members.values()].includes(each)) spelled.members.set(index + 1, each);
  }
}

/** Returns the default of an ENUM or a SET that is shown, if it is shown as no other would be. */
function defaultOfMembers({ members, shownDefault, spelled }: Marked): string | undefined {
  const texts = shownDefault
    ?.slice(1, -1)
    .split(',')
    .map((text) => {
      const places = members.flatMap((each, index) => (each === `'${text}'` ? [index + 1] : []));
      return places.length === 1 ? (spelled.members.get(places[0] as number) ?? (text.includes('?') ? undefined : text)) : undefined;
    });
  return texts?.includes(undefined) ? undefined : texts?.join(',');
}

/**
 * Tells of members whose spelling is not known, and of a default. No two members are alike, so of those that are shown
 * alike one is lost.
 */
function untoldOf({ table, column, members, places, shownDefault, spelled }: Marked): { text: string; isLost: boolean }[] {
  const sentence = (what: string, shown: string, isLost = false) => {
    const end = isLost ? 'it shows another one alike, so a letter is lost' : 'a letter that it does not show may be meant';
    const text = `column ${column.name} of ${table} (${column.type}): its ${what} comes back as the server shows it, ${shown}, since no row told more; ${end}`;
    return { text, isLost };
  };
  const untold = places.filter((place) => !spelled.members.has(place));
  const told = [...spelled.members.values()].map(shownAs);
  const ofMembers = untold.map((place) => {
    const shown = members[place - 1] ?? '';
    return sentence(`member ${place}`, shown, told.includes(shown) || untold.some((other) => other !== place && members[other - 1] === shown));
  });
  return shownDefault === undefined || spelled.default !== undefined ? ofMembers : [...ofMembers, sentence('default', shownDefault)];
}

/** Writes members and defaults in a table's definition as they are. */
export function spelledOut(definition: string, columns: ReadonlyMap<string, Spelled>): string {
  let text = definition;
  for (const column of tableText(definition)?.columns ?? []) {
    const spelled = columns.get(column.name);
    if (spelled) text = text.replace(column.definition, () => columnSpelledOut(column.definition, spelled));
  }
  return text;
}

function columnSpelledOut(definition: string, { members, default: value }: Spelled): string {
  const [whole = '', before = '', shown = ''] = list.exec(definition) ?? [];
  const spelled = (shown.match(member) ?? []).map((each, index) =>
    each.includes('?') && members.has(index + 1) ? shownAs(members.get(index + 1) as string) : each,
  );
  const rest = definition.slice(whole.length);
  return `${before}${spelled.join(',')}${rest.replace(given, (each, word?: string, text?: string) => (word && text?.includes('?') && value !== undefined ? `${word}${shownAs(value)}` : each))}`;
}

const escaped: Record<string, string> = { "'": "''", '\\': '\\\\', '\0': '\\0', '\n': '\\n', '\r': '\\r' };

/** Quotes a text as servers do in a definition. */
function shownAs(text: string): string {
  return `'${text.replace(/['\\\0\n\r]/g, (letter) => escaped[letter] ?? letter)}'`;
}
