import type { Vault } from '../core/vault/vault.ts';

/** A vault of one machine: a folder, or a bucket. */
export interface MachineVault extends Vault {
  /** Name of the place, for people. */
  readonly place: string;
  /** Names the place of an object, for people. */
  locate(key: string): string;
  /** Free bytes of its disk; undefined if there is no disk, or none that can be looked at. */
  free(): Promise<number | undefined>;
  /** Performs a whole write and leaves nothing visible. Returns its findings in words. Throws the errors of a write. */
  probe(): Promise<string[]>;
  /** Removes an object that is no backup, such as a refuted dump: for good, unless the place keeps versions. */
  discard(key: string): Promise<void>;
  /** Removes the unfinished writes of a process that is gone, as far as the place knows whose they are. */
  discardUnfinished(writer: string): Promise<number>;
}
