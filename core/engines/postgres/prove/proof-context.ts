import type { Scan } from '../../../documents/scan.ts';
import { differencesBetween } from '../../../documents/scan.ts';
import type { Work } from '../../engine.ts';
import { asExpectedButForOrder } from '../../server/reordered.ts';
import { compareDefinitions, type Definitions, definitionsSql, withoutReworded } from '../dump/server-definitions.ts';
import type { UnknownOptions } from '../restore/unknown-options.ts';
import type { SchemaText } from '../script/definitions.ts';
import { sumsOf } from '../script/row-sums.ts';
import { scanOf } from '../script/scanner.ts';
import type { ScratchDatabase } from './scratch-database.ts';

type Source = () => AsyncIterable<Uint8Array>;

/** Everything that a proof works with. */
export interface ProofContext {
  scratch: ScratchDatabase;
  /** Major version of the scratch server. */
  major: number;
  open: () => AsyncIterable<Uint8Array>;
  expected: Scan;
  work: Work;
  /** Differences of the scratch database from the source's, in its locale and settings. */
  unlike: string[];
  /** Options that the scratch server was found not to know. */
  options: UnknownOptions;
}

/** Returns the schemas in which extensions were made beforehand. */
export function schemasOf({ source }: Scan): Set<string> {
  return new Set(source?.extensions.map(({ schema }) => schema));
}

/** Returns true if source and scratch server write definitions alike. */
export function isSameVersion({ expected, major }: Pick<ProofContext, 'expected' | 'major'>): boolean {
  return majorOf(expected) === major;
}

/** Returns the source's major version. */
export function majorOf({ product }: Scan): number {
  return Number.parseInt(product.version, 10);
}

/** Lists what a proof cannot vouch for, whatever the restore shows. */
export function unprovenFrom({ source }: Scan, unknown: readonly string[]): string[] {
  return [
    ...(source?.rewritten ?? []).map(
      (name) => `${name} was rewritten (TRUNCATE, ALTER TABLE or VACUUM FULL) each time that the dump began: rows from just before may be missing`,
    ),
    ...new Set(unknown.map((statement) => `a restore would refuse the dump, because pg_dump does not write such a statement: ${statement}`)),
  ];
}

/** Scans the restored database. The result differs from the expected scan only where contents differ. */
export async function contentsOf(redump: Source, { open, expected, schema }: { open: Source; expected: Scan; schema: SchemaText }): Promise<Scan> {
  const found: Scan = { ...expected, ...(await scanOf(redump(), schema)) };
  return asExpectedButForOrder(found, { expected, open, redump, scanOf, sumsOf });
}

/** Compares a restored database with everything expected of it. */
export async function compare(redump: Source, parts: Parameters<typeof contentsOf>[1]): Promise<string[]> {
  return differencesBetween(parts.expected, await contentsOf(redump, parts));
}

/** Asks the scratch server for its definitions, and lists what is other than in the source. */
export async function definitionsUnlike(context: ProofContext, details: readonly string[]): Promise<ReturnType<typeof compareDefinitions>> {
  const { scratch, expected } = context;
  const definitions = expected.source?.definitions;
  if (!definitions) return { changed: [], missing: [] };
  const { changed, missing } = compareDefinitions(definitions, await scratch.ask<Definitions>(definitionsSql), {
    isSameVersion: isSameVersion(context),
  });
  return { changed: withoutReworded(changed, details), missing };
}
