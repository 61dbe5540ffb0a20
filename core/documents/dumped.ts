import type { Database } from '../config/config.ts';
import type { Compression } from '../names.ts';
import type { StoredObject } from './stored-object.ts';

export interface DumpOutput {
  engine: Database['engine'];
  /** Product of the server, such as `MariaDB`. */
  product: string;
  compression: Compression;
  startedAt: string;
  seconds: number;
  dump: StoredObject;
  scan: StoredObject;
  totals: { tables: number; rows: number; bytes: number };
}
