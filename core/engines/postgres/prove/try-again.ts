import { searchPathOf } from '../dump/database-settings.ts';
import { RestoreScript } from '../restore/restore-script.ts';
import { textTable } from '../restore/text-table.ts';
import { copiedColumns, copiedTable } from '../script/plain-dump.ts';
import type { ProofContext } from './proof-context.ts';
import type { Refused } from './refused.ts';
import { restorer } from './scratch-database.ts';

/** Outcome of trying statements again that were refused at first. */
interface Tried {
  /** Statements that are refused still. */
  refused: Refused[];
  /** Statements that ran later than they stand in the dump, or with the source's search path. */
  putOff: Refused[];
}

/**
 * Tries statements again until none of them runs any more: some need objects that come later. Then tries them with the
 * search path of the source, which functions of the database may rely on.
 */
export async function tryAgain(context: ProofContext, refused: Refused[]): Promise<Tried> {
  let left = refused;
  const ran = new Set<Refused>();
  for (const path of ['', searchPathOf(context.expected)]) {
    for (let before = -1; left.length > 0 && left.length !== before; ) {
      before = left.length;
      const again = await run(context, left, path);
      for (const each of left) if (!again.has(each)) ran.add(each);
      left = left.filter((each) => again.has(each)).map((each) => ({ ...each, reason: again.get(each) ?? each.reason }));
    }
  }
  return { refused: left, putOff: firstOfEach([...ran]).map((each) => ({ ...each, comesBack: true })) };
}

/** Keeps the first statement of each object: the others only follow it. */
function firstOfEach(statements: Refused[]): Refused[] {
  const seen = new Set<string>();
  return statements.filter(({ object }) => !seen.has(object) && seen.add(object));
}

/** Runs the statements one after the other. Returns those that are refused, with the reasons. */
async function run({ scratch, expected }: ProofContext, statements: Refused[], path: string): Promise<Map<Refused, string>> {
  const settings = [
    `SET client_encoding = '${expected.source?.encoding ?? 'UTF8'}';`,
    'SET check_function_bodies = false;',
    `SET search_path = ${path || "''"};`,
  ];
  const ends: number[] = [];
  let line = settings.length + 1; // the first is psql's \restrict
  for (const { statement } of statements) {
    line += statement.split('\n').length;
    ends.push(line);
  }
  const script = async function* () {
    yield Buffer.from([...settings, ...statements.map(({ statement }) => statement), ''].join('\n'), 'latin1');
  };
  const { refusals } = await scratch.run(script(), { user: restorer, whole: false });
  return new Map(
    refusals.flatMap(({ line: at, reason }): [Refused, string][] => {
      const statement = statements[ends.findIndex((end) => at <= end)];
      return statement ? [[statement, reason]] : [];
    }),
  );
}

/**
 * Makes tables that cannot be made as they are with columns of text, which hold every row as the dump writes it.
 * Returns the names of those that were made.
 */
export async function makeTextTables(context: ProofContext, refused: readonly Refused[]): Promise<string[]> {
  if (!refused.some(({ object }) => object.startsWith('TABLE '))) return [];
  const wanted = new Set(refused.filter(({ statement }) => /^CREATE (UNLOGGED )?TABLE /.test(statement)).map(({ object }) => object));
  const tables = new Map<string, string>();
  const script = new RestoreScript(() => 'pass', {
    lenient: true,
    passed: (statement, { object }) => {
      const table = copiedTable(statement);
      if (table !== undefined && wanted.has(object.replace(/^TABLE DATA /, 'TABLE '))) tables.set(table, textTable(table, copiedColumns(statement)));
    },
  });
  for await (const _ of script.from(context.open()));
  const each = [...tables].map(([table, statement]): Refused => ({ object: table, statement, digest: '', reason: '' }));
  const failed = await run(context, each, '');
  return each.filter((made) => !failed.has(made)).map(({ object }) => Buffer.from(object, 'latin1').toString());
}
