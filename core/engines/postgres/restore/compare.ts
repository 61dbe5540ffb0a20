import type { Scan } from '../../../documents/scan.ts';
import { differencesBetween } from '../../../documents/scan.ts';
import { RestoreFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { shortened } from '../../server/shortened.ts';
import { withProgress } from '../../server/with-progress.ts';
import type { Connection } from '../connect/connection.ts';
import { pgDump } from '../dump/tool.ts';
import { PostgresScanner } from '../script/scanner.ts';
import { argumentsFor } from '../selection.ts';
import type { Target } from './target.ts';
import { isEmpty } from './target.ts';

/**
 * Dumps the new tables as the source was dumped. Throws RestoreFailedError if they differ from the scan; the restore
 * can no longer be undone by then. Leaves out of the comparison what was in the target before.
 */
export async function comparedWith(scan: Scan, target: Target, connection: Connection, work: Work): Promise<{ found: Scan; notes: string[] }> {
  const { source } = scan;
  const args = source?.selection ? argumentsFor(source.selection) : [];
  const env = { ...connection, ...(source && { PGCLIENTENCODING: source.encoding }) };
  const scanner = new PostgresScanner();
  for await (const block of withProgress(pgDump(work, env, args, { of: 'the restored database' }), 'compare', scan.size, work)) scanner.write(block);
  const whole: Scan = { ...scan, ...scanner.end() };
  const names = new Set(scan.tables.map(({ name }) => name));
  const hadLargeObjects = target.largeObjects > 0;
  const { largeObjects } = hadLargeObjects ? scan : whole;
  const found = {
    ...whole,
    ...(largeObjects && { largeObjects }),
    tables: isEmpty(target) ? whole.tables : whole.tables.filter(({ name }) => names.has(name)),
  };
  const wrong = differencesBetween(scan, found);
  if (wrong.length > 0) throw new RestoreFailedError(`everything was restored, but it differs from the backup: ${shortened(wrong).join('; ')}`);
  return { found, notes: hadLargeObjects ? ['the large objects were not compared: the target had others before'] : [] };
}
