import { DumpMalformedError } from '../../../errors.ts';
import { type Assignment, assignmentsIn } from './known-statements.ts';

/** Character sets in which the second byte of a letter can be ASCII's backslash or backquote. */
const withAmbiguousBytes = new Set(['big5', 'cp932', 'gb18030', 'gbk', 'sjis']);
const ambiguous = /[\x81-\xfe][\x40-\x7e\x80-\xfe]/g;
/** Settings by which a text is read, and the form in which the tools write their values. */
const ofReading: Record<string, RegExp> = { sql_mode: /^'([\w,]*)'$/, character_set_client: /^'?(\w+)'?$/ };
const keeping = /^@\w/;

/**
 * Settings by which the server reads the statements that follow, as the dump itself sets them: two settings, and the
 * user variables that keep them. Throws DumpMalformedError if a dump sets them otherwise than the tools do. A text that
 * the server reads otherwise than we do could hide a statement.
 */
export class SessionSettings {
  /**
   * Current values. Undefined stands for the server's own value, before the dump sets one and after it restores the old
   * one.
   */
  readonly #now = new Map<string, string | undefined>();
  readonly #kept = new Map<string, string | undefined>();

  get sqlMode(): string | undefined {
    return this.#now.get('sql_mode');
  }

  /** Takes a statement, given by its beginning. */
  take(beginning: string): void {
    if (/^SET NAMES /i.test(beginning)) this.#now.set('character_set_client', beginning.slice(10).toLowerCase());
    else for (const assignment of assignmentsIn(beginning)) this.#assign(assignment);
  }

  #assign({ target, value }: Assignment): void {
    if (keeping.test(target)) this.#keep(target, value);
    else if (ofReading[target] && value.startsWith('@')) {
      const name = value.toLowerCase();
      if (!this.#kept.has(name)) throw new DumpMalformedError(`the dump sets ${target} to what it has not kept: ${value}`);
      this.#now.set(target, this.#kept.get(name));
    } else if (ofReading[target]) {
      const plain = ofReading[target].exec(value)?.[1];
      if (plain === undefined) throw new DumpMalformedError(`the dump sets ${target} as its tool does not: ${value.slice(0, 60)}`);
      this.#now.set(target, plain.toLowerCase());
    }
  }

  #keep(variable: string, value: string): void {
    const setting = /^@@(?:session\.)?(\w+)$/i.exec(value)?.[1]?.toLowerCase();
    if (setting === undefined) throw new DumpMalformedError(`the dump keeps in ${variable} something else than a setting`);
    this.#kept.set(variable.toLowerCase(), this.#now.get(setting));
  }

  /**
   * Throws DumpMalformedError if anything but a setting stands under the server's own settings, or rows under a
   * character set in which the tools write none.
   */
  refuseUnread(isRows: boolean): void {
    const client = this.#now.get('character_set_client');
    if (this.sqlMode === undefined || client === undefined) throw new DumpMalformedError('the dump has statements before or after its settings');
    if (isRows && !client.startsWith('utf8')) throw new DumpMalformedError(`the dump has rows in ${client}`);
  }

  /**
   * Returns a latin1 text in which no byte of a letter looks like a quote or an escape that the server does not see.
   * The length stays the same.
   */
  asRead(text: string): string {
    return withAmbiguousBytes.has(this.#now.get('character_set_client') ?? '') ? text.replace(ambiguous, 'xx') : text;
  }
}
