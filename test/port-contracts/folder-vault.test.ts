import { join } from 'node:path';
import { FolderVault } from '../../core/vault/folder.ts';
import { AnsweringVault } from '../../local/answering-vault.ts';
import { temporaryFolder } from '../support/folder.ts';
import { vaultContract } from './vault.ts';

vaultContract({ retiredAreRemovedBy: 'clean', writeBeginsAfter: 100_000 }, async () => {
  const root = join(temporaryFolder(), 'vault');
  return { one: new AnsweringVault(new FolderVault(root, 'one')), other: new AnsweringVault(new FolderVault(root, 'other')) };
});
