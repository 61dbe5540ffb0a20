import { createHash } from 'node:crypto';
import { withoutDefiner } from '../script/definer.ts';
import type { Definitions } from '../script/definitions.ts';
import { DumpRewriter } from '../script/dump-rewriter.ts';
import { type Creation, creationOf, plainBeginning } from '../script/known-statements.ts';
import { plainOption, withoutEncryption, withoutPlace } from '../script/table-options.ts';
import { ToolOrder } from '../script/tool-order.ts';
import { triggerHere } from '../script/trigger-place.ts';
import { identifier, literal } from '../sql-text.ts';
import { type RelaxedTable, relaxedTable } from './relaxed-table.ts';
import { renamed } from './renamed.ts';

/** Changes to a dump on its way into another server. */
export interface Changes {
  /** Makes the user who restores the definer of views, triggers, routines and events. */
  withoutDefiners?: boolean;
  /** Name of the database at its source, and in the target. */
  renamed?: { from: string; to: string };
  /**
   * Makes a table an error if the server lacks its engine. Otherwise another engine takes its place, as the dump says.
   */
  keepsEngines?: boolean;
  /** Makes events disabled. */
  disablesEvents?: boolean;
  /** Fills tables whatever their CHECKs say, which MariaDB alone allows. */
  ignoresChecks?: boolean;
  /** Session variables, with their values, under which tables are made and filled. */
  variables?: Readonly<Record<string, string>>;
  /**
   * SHA-256 of statements that do not run. They are left out, but for those that make tables: such a table is made of
   * its plain columns, and the rest is to be added after its rows.
   */
  without?: ReadonlySet<string>;
  /** Ways to encrypt a table, as the dump has them, that are left out; `all` for a server without keys. */
  unencrypted?: ReadonlySet<string> | 'all';
  /** Tables to restore again; everything else but triggers is left out. */
  only?: ReadonlySet<string>;
}

/** Statement of a script, by the line on which it begins. */
export interface Place {
  kind: Creation['kind'] | 'rows' | 'other';
  /** Name of what it makes or fills; the beginning of other statements. */
  name: string;
  /** SHA-256 of the statement's bytes in the dump, for statements that make something. */
  sha256?: string;
}

const lineFeed = Buffer.from('\n');

/**
 * Beginning of statements that give the database another character set for a while. The tools write them around objects
 * that were made under that character set. They name the database, which has another name here.
 */
const ofDatabase = /^ALTER DATABASE `(?:[^`]|``)+` /;
const beginningSize = 4096;
/** SQL mode in which the tools' dumps make tables. */
const modeOfTables = "SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */";
/**
 * Dates that no calendar has, such as 31 February, come back as they were; and no table is made in a folder that its
 * definition names, in whatever form.
 */
const modeWithDates = "SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_DIR_IN_CREATE' */";
const modeWithEngines = "SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_DIR_IN_CREATE,NO_ENGINE_SUBSTITUTION' */";
/** A text or name, which is skipped, or the state of an event. */
const stateOfEvent = /'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|( ON COMPLETION (?:NOT )?PRESERVE )ENABLE\b/gs;

/** End of a view that checks what is written through it. */
const checkOption = /\s+WITH (?:CASCADED|LOCAL) CHECK OPTION(?=(?:\s*\*\/)?$)/i;
/** Settings under which a view is made. */
const ofViews = /^SET (?:character_set_client|character_set_results|collation_connection) *= *\w+$/i;
/** First of the settings that a dump restores at its end. */
const firstRestored = /^SET TIME_ZONE ?= ?@OLD_TIME_ZONE$/i;

/** Writes the statements that set session variables. */
export function settingOf(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => `SET SESSION ${identifier(name)} = ${/^\d+$/.test(value) ? value : literal(value)}`);
}

/**
 * Turns a dump into the script that restores it into the client's current database: statements and rows as they stand,
 * except for the changes. Does not pass comments, or client commands other than DELIMITER. A statement that the tools
 * do not write is a DumpMalformedError.
 */
export class RestoreScript extends DumpRewriter {
  readonly #order = new ToolOrder();
  readonly #changes: Changes;
  readonly #definitions: Definitions | undefined;
  /** Statements that can fail, by the lines on which they begin. */
  readonly places = new Map<number, Place>();
  /** Definitions of the tables that were made of their plain columns, with the digests of their statements. */
  readonly relaxed: { name: string; sha256: string; table: RelaxedTable }[] = [];
  /** Definitions of the tables that are restored again. */
  readonly tables = new Map<string, string>();
  /** Views that get their CHECK OPTION at the end: a view below them may have only its columns until then. */
  readonly #checked: { name: string; sha256: string; settings: string[]; statement: string }[] = [];
  #viewSettings: string[] = [];
  /** False if no table that is made has a foreign key; true also where a text only says so. */
  mayRefer = false;
  /** Tables that lay somewhere else than their server keeps its tables, with the options that say so. */
  readonly placed: string[] = [];
  /** Tables that were encrypted, and are not any more. */
  readonly unencrypted: string[] = [];
  /** Events that the dump enables. */
  readonly enabledEvents: string[] = [];
  #line = 1;
  #isFilling = true;

  /** Passes every definition, as it is to be made, to `definitions`. */
  constructor(changes: Changes = {}, definitions?: Definitions) {
    super({ strict: true });
    this.#changes = changes;
    this.#definitions = definitions;
  }

  override comment(text: Buffer): void {
    this.#definitions?.comment(text);
  }

  override statement(text: Buffer, delimiter: string): void {
    const beginning = plainBeginning(text);
    this.#order.statement(beginning);
    const made = creationOf(beginning);
    const { without, only, ignoresChecks = false, variables = {} } = this.#changes;
    if (only && made && made.kind !== 'TRIGGER' && !(made.kind === 'TABLE' && only.has(made.name))) return;
    if (only && /^(?:DROP|ALTER TABLE|DO SETVAL|SELECT SETVAL|ALTER DATABASE)/i.test(beginning)) return;
    const sha256 = made ? createHash('sha256').update(text).digest('hex') : undefined;
    const isWithout = sha256 !== undefined && without?.has(sha256);
    if (isWithout && made?.kind !== 'TABLE') return;
    if (made?.kind === 'TABLE') this.mayRefer ||= text.includes('FOREIGN KEY');
    const changed = this.#changed(text);
    this.#definitions?.statement(changed, text);
    if (only && made?.kind === 'TABLE') this.tables.set(made.name, changed.toString());
    const relaxed = isWithout && made ? relaxedTable(made.name, changed.toString(), { keepsGenerated: this.dump.separator === ',\n' }) : undefined;
    if (relaxed && made && sha256) this.relaxed.push({ name: made.name, sha256, table: relaxed });
    if (ignoresChecks && this.#line === 1) this.push(Buffer.from('SET check_constraint_checks = 0;\n'));
    if (this.places.size === 0)
      this.push(
        Buffer.from(
          settingOf(variables)
            .map((setting) => `${setting};\n`)
            .join(''),
        ),
      );
    if (firstRestored.test(beginning)) this.#checkViews();
    if (ofViews.test(beginning)) this.#viewSettings = [...this.#viewSettings.slice(-2), beginning];
    this.delimit(delimiter);
    this.places.set(this.#line, made && sha256 ? { kind: made.kind, name: made.name, sha256 } : { kind: 'other', name: beginning.slice(0, 60) });
    const written = made?.kind === 'VIEW' && sha256 ? this.#unchecked(changed, { name: made.name, sha256 }) : changed;
    super.statement(relaxed ? Buffer.from(relaxed.creation) : written, delimiter);
  }

  /** Returns a view without its CHECK OPTION. */
  #unchecked(view: Buffer, { name, sha256 }: { name: string; sha256: string }): Buffer {
    const text = view.toString('latin1');
    if (!checkOption.test(text)) return view;
    this.#checked.push({ name, sha256, settings: this.#viewSettings, statement: text.replace(/CREATE(?! OR REPLACE)/, 'CREATE OR REPLACE') });
    return Buffer.from(text.replace(checkOption, ''), 'latin1');
  }

  #checkViews(): void {
    for (const { name, sha256, settings, statement } of this.#checked.splice(0)) {
      this.delimit(';');
      this.push(Buffer.from(settings.map((setting) => `${setting};\n`).join('')));
      this.places.set(this.#line, { kind: 'VIEW', name, sha256 });
      this.push(Buffer.from(statement, 'latin1'), Buffer.from(';\n'));
    }
  }

  override insert(table: string, beginning: Buffer): void {
    this.#order.rowsOf(table);
    this.#isFilling = this.#changes.only?.has(table) ?? true;
    if (!this.#isFilling) return;
    this.delimit(';');
    this.places.set(this.#line, { kind: 'rows', name: table });
    super.insert(table, beginning);
  }

  override data(rows: Buffer): void {
    if (this.#isFilling) super.data(rows);
  }

  override endOfData(): void {
    if (this.#isFilling) super.endOfData();
  }

  protected override push(...pieces: Buffer[]): void {
    for (const piece of pieces) for (let at = piece.indexOf(lineFeed); at >= 0; at = piece.indexOf(lineFeed, at + 1)) this.#line++;
    super.push(...pieces);
  }

  #changed(statement: Buffer): Buffer {
    const { renamed: names, keepsEngines = false } = this.#changes;
    const made = creationOf(plainBeginning(statement));
    const adapted = this.#adapted(statement, made);
    const mode = keepsEngines ? modeWithEngines : modeWithDates;
    const strict = adapted.includes(modeOfTables) ? Buffer.from(adapted.toString().replace(modeOfTables, mode)) : adapted;
    const text = names ? renamed(strict, names.from, names.to) : strict;
    const database = ofDatabase.exec(text.toString('latin1', 0, beginningSize))?.[0];
    if (database !== undefined) return Buffer.concat([Buffer.from('ALTER DATABASE '), text.subarray(database.length)]);
    return this.#changes.withoutDefiners ? withoutDefiner(text) : text;
  }

  #adapted(statement: Buffer, made: Creation | undefined): Buffer {
    if (made?.kind === 'TRIGGER') return triggerHere(statement);
    if (made?.kind === 'EVENT') return this.#event(statement, made.name);
    if (made?.kind !== 'TABLE') return statement;
    const { table, leftOut } = withoutPlace(statement);
    if (leftOut.length > 0) this.placed.push(`${made.name} (${leftOut.map(plainOption).join(', ')})`);
    return this.#encrypted(table, made.name);
  }

  #encrypted(table: Buffer, name: string): Buffer {
    const { unencrypted = new Set() } = this.#changes;
    const plain = withoutEncryption(table);
    if (plain.leftOut.length === 0 || !(unencrypted === 'all' || unencrypted.has(plain.leftOut.join(' ')))) return table;
    this.unencrypted.push(name);
    return plain.table;
  }

  #event(statement: Buffer, name: string): Buffer {
    if (!this.#changes.disablesEvents) return statement;
    let isEnabled = false;
    const text = statement.toString('latin1').replace(stateOfEvent, (whole, before?: string) => {
      if (before === undefined || isEnabled) return whole;
      isEnabled = true;
      return `${before}DISABLE`;
    });
    if (isEnabled) this.enabledEvents.push(name);
    return Buffer.from(text, 'latin1');
  }
}
