import { storeDocument } from '../../bytes/stored.ts';
import { all } from '../../catalogue/page.ts';
import { howToRestore } from '../../documents/how-to-restore.ts';
import { ObjectExistsError, RefusedError } from '../../errors.ts';
import { counted } from '../../figures.ts';
import { howToRestoreKey, isManifestKey } from '../../names.ts';
import type { Platform, With } from '../../platform.ts';
import { claimVault } from './ownership.ts';
import { reportMissing } from './soundness.ts';

/**
 * Makes a vault this machine's, unless it is already, and puts the guide into it by which others restore. Throws
 * VaultOwnedError if it belongs to another machine.
 */
export async function beginVault(platform: With<'vault'> & Pick<Platform, 'machine'>, place?: string): Promise<void> {
  await claimVault(platform, place);
  try {
    await storeDocument(platform.vault, howToRestoreKey, new TextEncoder().encode(howToRestore));
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error;
  }
}

/**
 * Begins an empty vault in the place of one that is lost. The backups that the catalogue knows become missing, and
 * count again if they come back. Returns their ids. Throws RefusedError for a vault that is not empty.
 */
export async function beginAgain(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>): Promise<string[]> {
  const { catalogue, vault } = platform;
  const backups = (await vault.list('')).filter(({ key }) => isManifestKey(key));
  if (backups.length > 0 || (await vault.list(howToRestoreKey)).length > 0)
    throw new RefusedError(
      `the vault is not empty: it has ${counted(backups.length, 'backup')}. It goes on without --begin-again, which is for an empty place where a vault was lost`,
    );
  await beginVault(platform);
  return reportMissing(platform, await all((page) => catalogue.backups.list(page)), await vault.list(''));
}
