import { DumpMalformedError } from '../../../errors.ts';
import { type Assignment, assignmentsIn } from './known-statements.ts';

/** In these the second byte of a letter can be the backslash or the backquote of ASCII. */
const withAmbiguousBytes = new Set(['big5', 'cp932', 'gb18030', 'gbk', 'sjis']);
const ambiguous = /[\x81-\xfe][\x40-\x7e\x80-\xfe]/g;
/** Those by which a text is read, and what the tools write of their values. */
const ofReading: Record<string, RegExp> = { sql_mode: /^'([\w,]*)'$/, character_set_client: /^'?(\w+)'?$/ };
const keeping = /^@\w/;

/**
 * How the server reads what follows, as the dump itself tells it: two settings, and what user variables keep of them. Whatever leads elsewhere than the tools do is a DumpMalformedError, for a text that the server reads otherwise than we
 * do can hide a statement.
 */
export class SessionSettings {
  /** Undefined: the server's own, before the dump sets it and when it takes that back. */
  readonly #now = new Map<string, string | undefined>();
  readonly #kept = new Map<string, string | undefined>();

  get sqlMode(): string | undefined {
    return this.#now.get('sql_mode');
  }

  /** Takes a statement in, whose beginning this is. */
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

  /** Throws a DumpMalformedError where anything but settings stands under settings of the server's own, or rows under another character set than the tools write them in. */
  refuseUnread(isRows: boolean): void {
    const client = this.#now.get('character_set_client');
    if (this.sqlMode === undefined || client === undefined) throw new DumpMalformedError('the dump has statements before or after its settings');
    if (isRows && !client.startsWith('utf8')) throw new DumpMalformedError(`the dump has rows in ${client}`);
  }

  /** A text in latin1 so that no byte of a letter looks like a quote or an escape which the server does not see; of the same length. */
  asRead(text: string): string {
    return withAmbiguousBytes.has(this.#now.get('character_set_client') ?? '') ? text.replace(ambiguous, 'xx') : text;
  }
}
