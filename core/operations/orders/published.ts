import type { Backup } from '../../catalogue/backups.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { findBackup } from './find-backup.ts';

/** Files of a backup, by their keys. */
export interface StoredBackup {
  manifest: string;
  /** Its newest proof if that has found flaws. */
  proof: string | null;
}

/** Finds a published backup and reads its manifest. Throws UnknownNameError, and RefusedError. */
export async function published(platform: With<'vault' | 'catalogue'>, name: string): Promise<{ found: Backup; manifest: Manifest }> {
  const found = await findBackup(platform, name);
  if (found.status !== 'published')
    throw new RefusedError(`${found.id} is ${found.status}${found.status === 'retired' ? '; bring it back first (unretire)' : ''}`);
  return { found, manifest: await readManifest(platform.vault, found.manifest) };
}
