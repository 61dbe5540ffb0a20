import type { EngineName, Prover } from '../engines/cards.ts';
import type { Compression } from '../names.ts';
import type { SourceIdentity } from './source-identity.ts';
import type { StoredObject } from './stored-object.ts';

export interface DumpOutput {
  engine: EngineName;
  /** Function that proves it on AWS, from its engine's card. */
  prover: Prover;
  /** Product that was dumped, as its scan names it; missing in what an earlier version has left. */
  product?: { name: string; version: string } | undefined;
  /** Identity of the source; missing if it told none. */
  identity?: SourceIdentity | undefined;
  compression: Compression;
  startedAt: string;
  seconds: number;
  dump: StoredObject;
  scan: StoredObject;
  /** Objects that the tool could not dump, for people; missing if there are none. */
  flaws?: string[];
  totals: { tables: number; rows: number; bytes: number };
}
