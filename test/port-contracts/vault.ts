import { createContract } from './vault/create.ts';
import { readAndListContract } from './vault/read-and-list.ts';
import { retireAndCleanContract } from './vault/retire-and-clean.ts';
import type { MakeVaults, VaultHome } from './vault/vault.ts';

/** What every vault promises (core/vault/vault.ts). */
export function vaultContract(home: VaultHome, make: MakeVaults): void {
  createContract(make);
  readAndListContract(make);
  retireAndCleanContract(home, make);
}
