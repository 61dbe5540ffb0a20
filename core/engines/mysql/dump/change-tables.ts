import { DumpRewriter } from '../script/dump-rewriter.ts';
import { creationOf, plainBeginning } from '../script/known-statements.ts';
import { withoutCounter } from '../script/table-options.ts';
import { type Spelling, spelledOut } from './spelled-out.ts';

/** Writes definitions of tables in a dump otherwise than the tool, whose text would not come back, as it passes. */
export class ChangeTables extends DumpRewriter {
  readonly #spelling: Spelling;

  constructor(spelling: Spelling) {
    super();
    this.#spelling = spelling;
  }

  override statement(text: Buffer, delimiter: string): void {
    const made = creationOf(plainBeginning(text));
    const columns = made?.kind === 'TABLE' ? this.#spelling.get(made.name) : undefined;
    const spelled = columns ? Buffer.from(spelledOut(text.toString(), columns)) : text;
    super.statement(made?.kind === 'TABLE' ? withoutCounter(spelled) : spelled, delimiter);
  }
}
