import { createContract } from './vault/create.ts';
import { readAndListContract } from './vault/read-and-list.ts';
import { retireAndCleanContract } from './vault/retire-and-clean.ts';
import type { MakeVaults, VaultHome } from './vault/vault.ts';

/** Contract of every vault (core/vault/vault.ts). */
export function vaultContract(home: VaultHome, make: MakeVaults): void {
  createContract(make);
  readAndListContract(make);
  retireAndCleanContract(home, make);
}
