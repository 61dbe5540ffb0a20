import type { Vault } from '../../../core/vault/vault.ts';
import { gathered } from '../../support/streams.ts';

export const key = 'main/2026/11/backup_20261122_050000Z.sql.zst';
export const later = () => new Date(Date.now() + 3_600_000);

/** Differences between the homes of a vault. */
export interface VaultHome {
  /** Remover of retired objects: `clean`, or the rules of the bucket, which no test can wait for. */
  retiredAreRemovedBy: 'clean' | 'lifecycle';
  /** Bytes after which a write has left something in the vault that `clean` can find; none if it never can. */
  writeBeginsAfter: number | undefined;
}

/** Makes two clients of one empty vault. */
export type MakeVaults = () => Promise<{ one: Vault; other: Vault }>;

export const stored = async (vault: Vault, at: string) => gathered((await vault.read(at)).bytes);
export const keysIn = async (vault: Vault, prefix = '') => (await vault.list(prefix)).map((listed) => listed.key);
