import type { EngineName, Prover } from '../engines/cards.ts';
import type { Compression } from '../names.ts';
import type { StoredObject } from './manifest.ts';

export interface DumpOutput {
  engine: EngineName;
  /** The function that proves it on AWS, as the card of its engine says. */
  prover: Prover;
  compression: Compression;
  startedAt: string;
  seconds: number;
  dump: StoredObject;
  scan: StoredObject;
  totals: { tables: number; rows: number; bytes: number };
}
