import { DumpRewriter } from '../script/dump-rewriter.ts';
import { plainBeginning } from '../script/known-statements.ts';

/** Views, which can call functions, and the settings at the end stand after routines and events. */
const follows = /^(?:DROP VIEW IF EXISTS |SET TIME_ZONE ?= ?@OLD_TIME_ZONE)/i;

/** Puts the statements of stored programs into a dump as it passes, before its views. */
export class InsertPrograms extends DumpRewriter {
  readonly #text: string;
  #isInserted = false;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override statement(text: Buffer, delimiter: string): void {
    if (!this.#isInserted && follows.test(plainBeginning(text))) {
      this.delimit(';');
      this.push(Buffer.from(this.#text));
      this.#isInserted = true;
    }
    super.statement(text, delimiter);
  }
}
