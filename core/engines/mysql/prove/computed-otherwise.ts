import type { Flaw } from '../../../documents/flaw.ts';
import { digestOf } from '../dump/count-on-server.ts';
import { identifier } from '../sql-text.ts';
import type { ProofContext } from './proof-context.ts';

/**
 * Finds stored generated columns with other values than at the source. No dump of MySQL holds them, and a setting of
 * the session that wrote a row may have decided them.
 */
export async function computedOtherwise({ scratch, source }: ProofContext): Promise<Flaw[]> {
  const columns = Object.entries(source.generated ?? {}).flatMap(([table, digests]) =>
    Object.entries(digests).map(([column, digest]) => ({ table, column, digest })),
  );
  const answers = await scratch.answers(columns.map(({ table, column }) => `SELECT JSON_ARRAY(${digestOf(column)}) FROM ${identifier(table)}`));
  return columns.flatMap(({ table, column, digest }, index) => {
    const { count } = answers[index] ?? {};
    if (count === undefined || String((JSON.parse(count) as unknown[])[0]) === digest) return [];
    return [
      {
        what: `the stored generated column ${column} of TABLE ${table} comes back with other values: the session that wrote its rows had other settings than the server, such as div_precision_increment`,
        // rebuilt in place, a table keeps the values
        remedy: `Let the server compute it again at the source: ALTER TABLE ${identifier(table)} FORCE, ALGORITHM = COPY;`,
      },
    ];
  });
}
