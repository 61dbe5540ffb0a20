import type { SourceIdentity } from '../../../documents/source-identity.ts';
import type { Stopped } from '../failures.ts';
import type { Beside } from './beside.ts';
import type { Spared } from './damaged-catalogue.ts';
import type { GeneratedValues } from './generated-values.ts';
import type { Inventory, LockedTable } from './inventory.ts';
import type { Definitions } from './server-definitions.ts';
import type { Unreadable } from './unreadable.ts';

/** A pg_dump that holds all its locks: its first bytes have come. */
export interface Begun {
  blocks: AsyncGenerator<Uint8Array, void, void>;
  /** Ends pg_dump, whether or not its blocks were read. */
  end(): Promise<void>;
  identity?: SourceIdentity | undefined;
  /** Returns what must be in the dump. Known at its end. */
  inventory(): Promise<Inventory>;
  /**
   * Tables that were rewritten between snapshot and lock at every attempt: some of their rows may not be in the dump.
   */
  rewritten: string[];
  /** Rows that pg_dump does not write. */
  leftOut: string[];
  /** Digests of the server's own definitions, in the same snapshot, or the error that they could not be taken for. */
  definitions?: Promise<Definitions | Error> | undefined;
  /** Warnings of a pg_dump that succeeded. */
  warnings(): string[];
  /** Rows of each table (`["schema","name"]`) in the same snapshot, or the error that they could not be counted for. */
  counts?: Promise<Map<string, number> | Error> | undefined;
  /** Digests of the values of stored generated columns, in the same snapshot; undefined if they could not be read. */
  generated?: Promise<GeneratedValues | undefined> | undefined;
  /** Tables that another session kept locked. They are not in the dump. */
  locked: LockedTable[];
  /** True if pg_dump loads all partitions through their roots. */
  scattered: boolean;
  /** Objects that this user may not read. They are not in the dump. */
  unreadable: Unreadable;
  /** Parts that are not in the dump because the catalogue is damaged. */
  spared?: Spared | undefined;
  /** Returns what made pg_dump fail; undefined if retrying may help. */
  stopped(): Stopped | undefined;
  /** Dumps the same snapshot again, with the same `\\restrict` key, without rows of these tables. */
  again?(without: { tables: string[]; key: string | undefined; withoutLargeObjects: boolean }): AsyncGenerator<Uint8Array, void, void>;
  /** Reads the same snapshot; where there is no room for another session, what is there once pg_dump has ended. */
  beside: Beside;
}
