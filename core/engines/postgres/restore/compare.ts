import type { Scan } from '../../../documents/scan.ts';
import { differencesBetween } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { RestoreFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { asExpectedButForOrder } from '../../server/reordered.ts';
import { withProgress } from '../../server/with-progress.ts';
import type { Connection } from '../connect/connection.ts';
import { pgDump } from '../dump/tool.ts';
import { sumsOf } from '../script/row-sums.ts';
import { scanOf } from '../script/scanner.ts';
import { argumentsFor } from '../selection.ts';
import type { Target } from './target.ts';
import { isEmpty } from './target.ts';

export interface RestoredPlace {
  target: Target;
  connection: Connection;
  /** Opens the dump that was restored. */
  open: () => AsyncIterable<Uint8Array>;
  /** Tables whose rows were left out, and sequences whose values were. */
  emptied: string[];
  unset: string[];
}

/**
 * Dumps the new tables as the source was dumped. Throws RestoreFailedError if they differ from the scan, except in the
 * order of rows or columns; the restore can no longer be undone by then. Leaves out of the comparison what was in the
 * target before.
 */
export async function comparedWith(
  whole: Scan,
  { target, connection, open, emptied, unset }: RestoredPlace,
  work: Work,
): Promise<{ found: Scan; notes: string[] }> {
  const scan = {
    ...whole,
    tables: whole.tables.filter(({ name }) => !emptied.includes(name)),
    sequences: whole.sequences.filter(({ name }) => !unset.includes(name)),
  };
  const { source } = scan;
  const args = source?.selection ? argumentsFor(source.selection) : [];
  const env = { ...connection, ...(source && { PGCLIENTENCODING: source.encoding }) };
  const redump = () => withProgress(pgDump(work, env, args, { of: 'the restored database' }), 'compare', scan.size, work);
  const all: Scan = { ...scan, ...(await scanOf(redump())) };
  const names = new Set(scan.tables.map(({ name }) => name));
  const hadLargeObjects = target.largeObjects > 0;
  const { largeObjects } = hadLargeObjects ? scan : all;
  const restored = {
    ...all,
    ...(largeObjects && { largeObjects }),
    tables: all.tables.filter(({ name }) => names.has(name) || (isEmpty(target) && !emptied.includes(name))),
  };
  const found = await asExpectedButForOrder(restored, { expected: scan, open, redump, scanOf, sumsOf });
  const wrong = differencesBetween(scan, found);
  if (wrong.length > 0) throw new RestoreFailedError(`everything was restored, but it differs from the backup: ${shortened(wrong).join('; ')}`);
  return { found, notes: hadLargeObjects ? ['the large objects were not compared: the target had others before'] : [] };
}
