import type { Database } from '../config/config.ts';
import type { Compression } from '../names.ts';
import type { StoredObject } from './stored-object.ts';

export interface DumpOutput {
  engine: Database['engine'];
  /** Whose server it was: `MariaDB`. */
  product: string;
  compression: Compression;
  startedAt: string;
  seconds: number;
  dump: StoredObject;
  scan: StoredObject;
  totals: { tables: number; rows: number; bytes: number };
}
