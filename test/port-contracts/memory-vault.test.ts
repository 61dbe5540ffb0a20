import { MemoryVault, VaultMemory } from '../support/memory-vault.ts';
import { vaultContract } from './vault.ts';

vaultContract({ retiredAreRemovedBy: 'clean', writeBeginsAfter: 1 }, async () => {
  const memory = new VaultMemory();
  return { one: new MemoryVault(memory), other: new MemoryVault(memory) };
});
