import { DumpMalformedError } from '../../../errors.ts';
import { creationOf, unquoted } from './known-statements.ts';

const dropped = /^DROP [\w ]+ IF EXISTS (`(?:[^`]|``)+`)$/i;
const counted = /^(?:DO|SELECT) SETVAL\((`(?:[^`]|``)+`), /;
const replacing = /^CREATE OR REPLACE (?!.*\bTRIGGER\b)/is;

/**
 * Checks that a dump touches only what it has made itself, and fills tables only before their triggers are there. So a
 * restore beside other contents leaves those alone, and no row of a dump goes through a view or fires a trigger. Throws
 * DumpMalformedError for everything else.
 */
export class ToolOrder {
  readonly #fillable = new Set<string>();
  /** Names of all kinds. */
  readonly #made = new Set<string>();

  /** Takes a statement, given by its beginning. */
  statement(beginning: string): void {
    const made = creationOf(beginning);
    const sequence = counted.exec(beginning)?.[1];
    const drop = dropped.exec(beginning)?.[1];
    if (made && made.kind !== 'TRIGGER' && replacing.test(beginning)) refuse('takes the place of something', beginning);
    if (drop !== undefined && !this.#made.has(unquoted(drop))) refuse('removes what it has not made', beginning);
    if (sequence !== undefined && !this.#made.has(unquoted(sequence))) refuse('sets a sequence that it does not make', beginning);
    if (made) this.#made.add(made.name);
    if (made?.kind === 'TABLE') this.#fillable.add(made.name);
    else if (made?.kind === 'TRIGGER') this.#fillable.clear();
    else if (made?.kind === 'VIEW' || made?.kind === 'STAND-IN') this.#fillable.delete(made.name);
  }

  rowsOf(table: string): void {
    if (!this.#fillable.has(table)) refuse('has rows for a table that it does not make, or has made a trigger for', table);
  }
}

function refuse(what: string, where: string): never {
  throw new DumpMalformedError(`the dump ${what}, as its tool does not: ${where.slice(0, 60)}`);
}
