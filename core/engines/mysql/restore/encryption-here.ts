import { randomUUID } from 'node:crypto';
import type { Scan } from '../../../documents/scan.ts';
import type { Work } from '../../engine.ts';
import { runQueries } from '../connect/run-queries.ts';
import { wordsOf } from '../failures.ts';
import { withoutEncryption } from '../script/table-options.ts';
import { identifier } from '../sql-text.ts';

/** Returns true for options of a table alone: what a scan says is not to be run as it stands. */
const isWay = (text: string) => withoutEncryption(Buffer.from(` ${text}`)).table.length === 0;

/**
 * Tries which of the backup's ways to encrypt a table the server takes: it may lack the keys, or the program that keeps
 * them, and nobody but an administrator can ask for that. Returns those that it refuses, with its words.
 */
export async function refusedEncryption({ mysql }: Scan, place: Parameters<typeof runQueries>[2], work: Work): Promise<Map<string, string>> {
  const ways = (mysql?.encryption ?? []).filter(isWay);
  const trial = identifier(`sauvegarde_${randomUUID()}`);
  const statements = ways.flatMap((way) => [`CREATE TABLE ${trial} (a INT) ENGINE=InnoDB ${way}`, `DROP TABLE ${trial}`]);
  const refused = await runQueries(statements, work, place, () => undefined);
  return new Map(
    ways.flatMap((way, index) => {
      const said = refused.get(2 * index);
      return said === undefined ? [] : [[way, wordsOf(said)]];
    }),
  );
}
