import { differencesBetween, type Scan } from '../../../documents/scan.ts';
import { shortened } from '../../../documents/shortened.ts';
import { RestoreFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { withProgress } from '../../server/with-progress.ts';
import type { Access } from '../connect/access.ts';
import { mysqlDump } from '../dump/tool.ts';
import { comparedByValues } from '../script/compared.ts';
import { alteredBetween, changesBetween, Definitions } from '../script/definitions.ts';
import { scanOf } from '../script/scanner.ts';
import { nameIn, type Target } from './target.ts';

/** The backup that was restored. */
interface Original {
  scan: Scan;
  /** Opens the stored dump. */
  open: () => AsyncIterable<Uint8Array>;
  /** Definitions that were to be made. */
  definitions: Definitions;
}

/** Kinds that can be compared with the right to read rows alone. */
const readable = new Set(['TABLE', 'VIEW', 'SEQUENCE'] as const);
const withoutOthers = ['--skip-routines', '--skip-triggers', '--skip-events'];

/**
 * Dumps the target as the source was dumped, and compares. The new tables must equal the scan's in any order of rows,
 * and the views must be there. Leaves out what was there before. The notes list what was made differently.
 * Throws RestoreFailedError if the contents differ.
 */
export async function comparedWith(
  { scan, open, definitions }: Original,
  { family, database, ...target }: Target,
  access: Access,
  work: Work,
): Promise<{ found: Scan; notes: string[] }> {
  const extra = [...(scan.mysql?.options ?? []), ...withoutOthers];
  const redump = () => mysqlDump(work, { family, access, database, extra, of: 'the restored database' });
  const restored = new Definitions(definitions);
  const canonicalName = nameIn(target);
  const read = async (dump: AsyncIterable<Uint8Array>, into?: Definitions) => named(await scanOf(dump, into), canonicalName);
  const expected = { ...scan, ...named(scan, canonicalName) };
  const first: Scan = { ...expected, ...(await read(withProgress(redump(), 'compare', scan.size, work), restored)) };
  const { found: whole, notes: values, unproven } = await comparedByValues(first, { expected, open, redump, scanOf: read }, canonicalName);
  const names = new Set([...expected.tables, ...expected.sequences].map(({ name }) => name));
  const had = new Set(target.tables.map(({ name }) => canonicalName(name)));
  const ours = <T extends { name: string }>(all: T[]) => all.filter(({ name }) => names.has(name) || !had.has(name));
  const found = { ...whole, tables: ours(whole.tables), sequences: ours(whole.sequences) };
  const { missing, notes } = changesBetween(definitions, restored, { kinds: readable, ...(target.facts.lowerCaseTableNames > 0 && { canonicalName }) });
  const views = missing.filter((name) => name.startsWith('VIEW ')).map((name) => `${name} is missing`);
  const wrong = [...differencesBetween(expected, found), ...alteredBetween(scan.mysql?.definitions, definitions), ...views];
  if (wrong.length > 0) throw new RestoreFailedError(`everything was restored, but it differs from the backup: ${shortened(wrong).join('; ')}`);
  return { found, notes: [...values, ...unproven, ...notes] };
}

function named({ tables, sequences }: Pick<Scan, 'tables' | 'sequences'>, canonicalName: (name: string) => string): Pick<Scan, 'tables' | 'sequences'> {
  const all = <T extends { name: string }>(things: T[]) => things.map((thing) => ({ ...thing, name: canonicalName(thing.name) }));
  return { tables: all(tables), sequences: all(sequences) };
}
