import type { Scan } from '../../documents/scan.ts';
import { postgresMajor } from '../../tools.ts';
import type { Work } from '../engine.ts';
import type { ScratchDatabase } from './scratch-database.ts';

/** What a proof works with. */
export interface Trial {
  scratch: ScratchDatabase;
  open: () => AsyncIterable<Uint8Array>;
  expected: Scan;
  work: Work;
}

/** The schemas that extensions were made in beforehand. */
export function schemasOf({ source }: Scan): Set<string> {
  return new Set(source?.extensions.map(({ schema }) => schema));
}

/** Whether source and scratch server write definitions alike. */
export function isSameVersion({ product }: Scan): boolean {
  return Number.parseInt(product.version, 10) === postgresMajor;
}
