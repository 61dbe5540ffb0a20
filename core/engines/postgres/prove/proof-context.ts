import type { Scan } from '../../../documents/scan.ts';
import { postgresMajor } from '../../../tools.ts';
import type { Work } from '../../engine.ts';
import type { UnknownOptions } from '../restore/unknown-options.ts';
import type { ScratchDatabase } from './scratch-database.ts';

/** What a proof works with. */
export interface Trial {
  scratch: ScratchDatabase;
  open: () => AsyncIterable<Uint8Array>;
  expected: Scan;
  work: Work;
  /** What the scratch server was found not to know. */
  options: UnknownOptions;
}

/** The schemas that extensions were made in beforehand. */
export function schemasOf({ source }: Scan): Set<string> {
  return new Set(source?.extensions.map(({ schema }) => schema));
}

/** Whether source and scratch server write definitions alike. */
export function isSameVersion({ product }: Scan): boolean {
  return Number.parseInt(product.version, 10) === postgresMajor;
}

/** What a proof cannot vouch for whatever the restore shows. */
export function unprovenFrom({ source }: Scan, unknown: readonly string[]): string[] {
  return [
    ...(source?.rewritten ?? []).map(
      (name) =>
        `${name} was rewritten (TRUNCATE, ALTER TABLE or VACUUM FULL) each time that the dump began: rows that were there a moment before may be missing`,
    ),
    ...new Set(unknown.map((statement) => `a restore would refuse the dump, because pg_dump does not write such a statement: ${statement}`)),
  ];
}
