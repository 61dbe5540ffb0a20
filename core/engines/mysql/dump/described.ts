import { createHash } from 'node:crypto';
import type { Flaw } from '../../../documents/flaw.ts';
import { DumpIncompleteError, ToolFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import type { Access } from '../connect/access.ts';
import { runQueries } from '../connect/run-queries.ts';
import { mysqlError, numberIn } from '../failures.ts';
import type { Family } from '../family.ts';
import { withoutDefiner } from '../script/definer.ts';
import { plain } from '../script/definitions.ts';
import { withoutEncryption, withoutPlace } from '../script/table-options.ts';
import { triggerHere } from '../script/trigger-place.ts';
import { identifier, literal } from '../sql-text.ts';
import type { Inventory } from './inventory.ts';
import { isBlind, type Lacking } from './rights.ts';

/** A server's own description of a database's objects. */
export interface Descriptions {
  /** Digests of definitions, with the settings that they were made under, by kind and name: `VIEW person_view`. */
  digests: Map<string, string>;
  /** Definitions of tables. */
  tables: Map<string, string>;
  /** Answers to SHOW CREATE about triggers, events and routines, by kind and name. */
  rows: Map<string, readonly (string | undefined)[]>;
  /** Objects that the server cannot describe or read, with its reason. */
  unreadable: Unreadable[];
}

export interface Unreadable {
  kind: string;
  name: string;
  /** The server's words. */
  reason: string;
  /** Its definition, if the server still has it. */
  definition?: string;
  /** Statement that gives the user the right that he lacks. */
  grant?: string;
}

interface Thing {
  kind: string;
  name: string;
}

/** Columns of the answers to SHOW CREATE that hold the definition; the first is the name. */
const placeOfText: Record<string, number> = { TABLE: 1, SEQUENCE: 1, VIEW: 1, EVENT: 3 };
const usualPlace = 2;
/** Kinds whose name alone is not enough for a SHOW CREATE: the tools ask for the columns of a view too. */
const fieldsOf = 'SHOW FIELDS FROM';
/** Reads no row, and is refused to those who may read none. */
const trying = 'SELECT * FROM';

interface Describing {
  family: Family;
  access: Access;
  database: string;
  patience?: number | undefined;
  /** Rights that the user lacks. Objects that he may not read are then among the unreadable. */
  lacking?: Lacking;
  /** Tables with rows that the tool cannot write. */
  rowless?: readonly string[];
  /** Changes definitions before they are digested: those of a database with another name. */
  changed?: (definition: string) => string;
}

/** Asks the server for the definition of every object of an inventory, and for the columns of every view. */
export function describe(inventory: Inventory, work: Pick<Work, 'tools' | 'signal'>, describing: Describing): Promise<Descriptions> {
  return describeThings(thingsIn(inventory), work, describing);
}

/** Asks for the same about objects by kind and name (`VIEW person_view`), some of which may not be there. */
export function describeNamed(names: readonly string[], work: Pick<Work, 'tools' | 'signal'>, describing: Describing): Promise<Descriptions> {
  return describeThings(names.map(thingOf), work, describing);
}

async function describeThings(
  things: readonly Thing[],
  work: Pick<Work, 'tools' | 'signal'>,
  { changed = (definition) => definition, rowless = [], lacking, ...place }: Describing,
): Promise<Descriptions> {
  const isTried = lacking !== undefined && isBlind(lacking);
  const questions = things.flatMap((thing) => questionsAbout(thing, isTried).map((question) => ({ thing, question })));
  const [digests, tables, texts] = [new Map<string, string>(), new Map<string, string>(), new Map<Thing, string>()];
  const rows: Descriptions['rows'] = new Map();
  const take = ([row]: (string | undefined)[][], index: number) => {
    const { thing, question } = questions[index] as (typeof questions)[number];
    const place = placeOfText[thing.kind] ?? usualPlace;
    const text = row?.[place];
    if (question.startsWith(fieldsOf) || question.startsWith(trying) || !row || text === undefined) return;
    texts.set(thing, text);
    if (thing.kind === 'TABLE') tables.set(thing.name, text);
    else if (!['VIEW', 'SEQUENCE'].includes(thing.kind)) rows.set(nameOf(thing), row);
    const definition = stable(thing.kind, changed(withoutDefiner(Buffer.from(text)).toString()));
    // after the definition stand settings that it was made under; a trigger's last column is the time when it was made
    const circumstances = row.slice(1, thing.kind === 'TRIGGER' ? 6 : undefined).filter((_, at) => at !== place - 1);
    digests.set(
      nameOf(thing),
      createHash('sha256')
        .update(JSON.stringify([definition, circumstances]))
        .digest('base64'),
    );
  };
  const complaints = await runQueries(
    questions.map(({ question }) => question),
    work,
    place,
    take,
  );
  const reasons = new Map([...complaints].map(([index, said]) => [questions[index]?.thing, said]));
  const lost = things.filter((thing) => thing.kind === 'TRIGGER' && reasons.has(thing));
  const lostTexts = await triggerTexts(lost, work, place);
  for (const [thing, text] of lostTexts) texts.set(thing, text);
  const unreadable = things.flatMap((thing): Unreadable[] => {
    const definition = texts.get(thing);
    const isEndless = thing.kind === 'EVENT' && (definition?.includes(';;') || thing.name.includes(';;'));
    const isRowless = thing.kind === 'TABLE' && rowless.includes(thing.name);
    const known = isEndless ? endless : isRowless ? generatedAlone : undefined;
    const said = reasons.get(thing);
    const grant = lacking && grantFor(thing, { said, isHidden: definition === undefined }, lacking);
    if (grant !== undefined) return [{ ...thing, reason: said ?? 'its text is hidden', grant }];
    const reason = said !== undefined && (isLasting(said) || lostTexts.has(thing)) ? said : known;
    return reason === undefined ? [] : [{ ...thing, reason, ...(definition !== undefined && { definition }) }];
  });
  for (const thing of unreadable) digests.delete(nameOf(thing));
  return { digests, tables, rows, unreadable };
}

/**
 * Asks for the text of triggers that SHOW CREATE refuses. MariaDB has it in two files; the tools need the other one
 * too. A trigger that was removed meanwhile has none.
 */
async function triggerTexts(
  triggers: readonly Thing[],
  work: Pick<Work, 'tools' | 'signal'>,
  place: Omit<Describing, 'changed' | 'rowless'>,
): Promise<Map<Thing, string>> {
  const texts = new Map<Thing, string>();
  const questions = triggers.map(
    ({ name }) => `SELECT EVENT_OBJECT_TABLE, CONCAT_WS(' ', ACTION_TIMING, EVENT_MANIPULATION), ACTION_STATEMENT FROM information_schema.TRIGGERS
      WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = ${literal(name)}`,
  );
  await runQueries(questions, work, place, ([row], index) => {
    const [table = '', moment = '', body = ''] = row ?? [];
    const trigger = triggers[index] as Thing;
    texts.set(trigger, `CREATE OR REPLACE TRIGGER ${identifier(trigger.name)} ${moment} ON ${identifier(table)} FOR EACH ROW ${body}`);
  });
  return texts;
}

const endless = 'it has ";;", the delimiter of dumps: write it with one ";", or with a space between';
const generatedAlone = 'it has only generated columns, for which mysqldump writes no rows: give it another column, or remove its rows';

/** Returns the statement that gives the right to read an object, if the user lacks it. */
function grantFor(
  { kind, name }: Thing,
  { said, isHidden }: { said: string | undefined; isHidden: boolean },
  { account, database, rights }: Lacking,
): string | undefined {
  const denied = said === undefined ? undefined : /([A-Z][A-Z ]+) command denied to user/.exec(said)?.[1]?.trim();
  if (denied !== undefined) return `GRANT ${denied} ON ${identifier(database)}.${identifier(name)} TO ${account};`;
  const isRoutine = !['TABLE', 'SEQUENCE', 'VIEW', 'TRIGGER', 'EVENT'].includes(kind);
  return isRoutine && isHidden && said === undefined ? rights.find(({ of }) => of === 'ROUTINES')?.statement : undefined;
}

function questionsAbout({ kind, name }: Thing, isTried: boolean): string[] {
  const quoted = identifier(name);
  if (isTried && (kind === 'TABLE' || kind === 'SEQUENCE')) return [`${trying} ${quoted} LIMIT 0`, `SHOW CREATE ${kind} ${quoted}`];
  if (kind === 'VIEW') return [`${fieldsOf} ${quoted}`, `SHOW CREATE VIEW ${quoted}`];
  return [`SHOW CREATE ${kind} ${quoted}`];
}

function thingsIn({ tables, sequences, views, triggers, events, routines }: Inventory): Thing[] {
  const all = (kind: string, names: readonly string[]) => names.map((name) => ({ kind, name }));
  return [
    ...all(
      'TABLE',
      tables.map(({ name }) => name),
    ),
    ...all('SEQUENCE', sequences),
    ...all('VIEW', views),
    ...all(
      'TRIGGER',
      triggers.map(({ name }) => name),
    ),
    ...all('EVENT', events),
    ...routines,
  ];
}

export function nameOf({ kind, name }: Thing): string {
  return `${kind} ${name}`;
}

/** Reads what `nameOf` writes. */
function thingOf(named: string): Thing {
  const [, kind = '', name = ''] = /^(PACKAGE BODY|\w+) (.*)$/s.exec(named) ?? [];
  return { kind, name };
}

/**
 * Texts and names, which are skipped; the next value of an AUTO_INCREMENT column, which moves on; and the state of an
 * event, which a restore changes.
 */
const moving = {
  TABLE: /'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|( AUTO_INCREMENT=\d+)/gs,
  EVENT: /'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|(?<=PRESERVE )(ENABLE|DISABLE(?: ON (?:SLAVE|REPLICA))?)(?= )/gs,
};

/** Leaves out what a restore or the course of time changes. */
function stable(kind: string, definition: string): string {
  if (kind === 'TRIGGER') return triggerHere(Buffer.from(definition)).toString('latin1');
  const expression = kind === 'TABLE' || kind === 'EVENT' ? moving[kind] : undefined;
  const lasting = expression ? definition.replace(expression, (whole, moves?: string) => (moves === undefined ? whole : '')) : definition;
  const here = kind === 'TABLE' ? withoutEncryption(withoutPlace(Buffer.from(lasting)).table).table : Buffer.from(lasting);
  return plain(kind, here).toString('latin1');
}

/** Errors of objects that were removed, altered or emptied a moment ago. */
const passing = new Set([1051, 1146, 1305, 1360, 1412, 1539, 1684, 4091]);

/** Returns false for errors that a repeat may mend, and for missing rights: of those the dump tool complains itself. */
function isLasting(said: string): boolean {
  const error = mysqlError('the server', 1, said);
  return (error instanceof DumpIncompleteError || error instanceof ToolFailedError) && !passing.has(numberIn(said) ?? 0);
}

/** Makes the flaw of an object that cannot be dumped. Its definition, if there is one, stands in the remedy. */
export function flawOf({ kind, name, reason, definition, grant }: Unreadable): Flaw {
  if (grant !== undefined)
    return {
      what: `${kind} ${name}: the user of the backup may not read it, and it is not in the backup. As an administrator: ${grant}`,
      remedy: `give the user the right, on this alone or on the whole database: ${reason.replace(/\s+/g, ' ')}`,
    };
  const kept = definition === undefined ? '' : `. The server still keeps its definition: ${definition}`;
  // a table's rows may be sound where one of its files is not
  const remedy =
    kind === 'TABLE'
      ? 'Repair it at the source. Remove it there only if you need none of its rows: the backup has none'
      : `Repair it at the source, or remove it there: DROP ${kind} ${identifier(name)};`;
  return { what: `${kind} ${name}: it cannot be read and is not in the backup: ${reason.replace(/\s+/g, ' ')}`, remedy: remedy + kept };
}
