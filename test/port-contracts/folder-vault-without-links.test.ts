import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { FolderVault } from '../../core/vault/folder.ts';
import { temporaryFolder } from '../support/folder.ts';
import { withoutHardLinks } from '../support/without-hard-links.ts';
import { vaultContract } from './vault.ts';

let end: () => void;
beforeAll(() => {
  end = withoutHardLinks();
});
afterAll(() => end());

vaultContract({ retiredAreRemovedBy: 'clean', writeBeginsAfter: 100_000 }, async () => {
  const root = join(temporaryFolder(), 'vault');
  return { one: new FolderVault(root, 'one'), other: new FolderVault(root, 'other') };
});
