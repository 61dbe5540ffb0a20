import type { Scan } from '../../../documents/scan.ts';
import { differencesBetween } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { RestoreFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { asExpectedButForOrder } from '../../server/reordered.ts';
import { withProgress } from '../../server/with-progress.ts';
import type { Connection } from '../connect/connection.ts';
import { compareDefinitions, type Definitions, withoutReworded } from '../dump/server-definitions.ts';
import { pgDump } from '../dump/tool.ts';
import { lostFrom, SchemaText } from '../script/definitions.ts';
import { sumsOf } from '../script/row-sums.ts';
import { scanOf } from '../script/scanner.ts';
import { argumentsFor } from '../selection.ts';
import type { Target } from './target.ts';
import { isEmpty } from './target.ts';
import { isAsItWas } from './text-table.ts';

export interface RestoredPlace {
  target: Target;
  connection: Connection;
  /** Opens the dump that was restored. */
  open: () => AsyncIterable<Uint8Array>;
  /** Tables whose rows were left out, and sequences whose values were. */
  emptied: string[];
  unset: string[];
  /** Objects of the dump. */
  stored: SchemaText;
  /** Asks the target for its definitions. */
  definitions(): Promise<Definitions>;
  /** True if grants were left out. */
  withoutGrants: boolean;
}

/**
 * Dumps the new tables as the source was dumped. Throws RestoreFailedError if they differ from the scan, except in the
 * order of rows or columns; the restore can no longer be undone by then. Leaves out of the comparison what was in the
 * target before.
 */
export async function comparedWith(whole: Scan, place: RestoredPlace, work: Work): Promise<{ found: Scan; notes: string[] }> {
  const { target, connection, open, emptied, unset } = place;
  const scan = {
    ...whole,
    tables: whole.tables.filter(({ name }) => !emptied.includes(name)),
    sequences: whole.sequences.filter(({ name }) => !unset.includes(name)),
  };
  const { source } = scan;
  const args = source?.selection ? argumentsFor(source.selection) : [];
  const env = { ...connection, ...(source && { PGCLIENTENCODING: source.encoding }) };
  const redump = () => withProgress(pgDump(work, env, args, { of: 'the restored database' }), 'compare', scan.size, work);
  const schema = new SchemaText();
  const all: Scan = { ...scan, ...(await scanOf(redump(), schema)) };
  const names = new Set(scan.tables.map(({ name }) => name));
  const hadLargeObjects = target.largeObjects > 0;
  const { largeObjects } = hadLargeObjects ? scan : all;
  const restored = {
    ...all,
    ...(largeObjects && { largeObjects }),
    tables: all.tables.filter(({ name }) => names.has(name) || (isEmpty(target) && !emptied.includes(name) && !isAsItWas(name))),
  };
  const found = await asExpectedButForOrder(restored, { expected: scan, open, redump, scanOf, sumsOf });
  const wrong = differencesBetween(scan, found);
  if (wrong.length > 0) throw new RestoreFailedError(`everything was restored, but it differs from the backup: ${shortened(wrong).join('; ')}`);
  const unlike = await unlikeIn(schema, whole, place);
  return { found, notes: [...unlike, ...(hadLargeObjects ? ['the large objects were not compared: the target had others before'] : [])] };
}

/** Lists objects of the dump that the target lacks, and those that its server defines otherwise than the source. */
async function unlikeIn(schema: SchemaText, { source, product }: Scan, { target, stored, definitions, withoutGrants }: RestoredPlace): Promise<string[]> {
  const isSameVersion = Number.parseInt(product.version, 10) === Number.parseInt(target.version, 10);
  const { objects, details } = lostFrom(stored, schema, isSameVersion);
  const missing = objects.filter((name) => !unfilled.test(name)).map((name) => `${name} is missing in the target`);
  if (!source?.definitions) return shortened(missing, mostUnlike);
  const { GRANT = {}, ...others } = source.definitions;
  const expected = withoutGrants ? others : { ...others, GRANT };
  const { changed } = compareDefinitions(expected, await definitions(), { isSameVersion });
  return shortened([...missing, ...withoutReworded(changed, details).map(({ what }) => `${what} is other than in the source`)], mostUnlike);
}

const mostUnlike = 20;
/** Views that could not be filled. A warning names them already. */
const unfilled = /^MATERIALIZED VIEW DATA /;
