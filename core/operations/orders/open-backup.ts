import { readDump } from '../../bytes/stored.ts';
import { flawedProofOf } from '../../catalogue/backups.ts';
import { readManifest } from '../../documents/manifest.ts';
import { readScan } from '../../documents/scan.ts';
import type { OpenedBackup } from '../../engines/engine.ts';
import type { With } from '../../platform.ts';
import type { ReadableVault } from '../../vault/vault.ts';
import { engineOf } from '../backup/engine-of.ts';
import { workFor } from '../backup/work.ts';
import { published, type StoredBackup } from './published.ts';
import { auditingRefusals } from './refusals.ts';
import { knownFlaws, type RestoreInput } from './restore.ts';

/**
 * Restores a backup into a database that lives until it is disposed of, and compares its rows with the scan. The notes
 * name the parts that its flaws leave out. Throws RefusedError for a backup that is not published.
 */
export const openBackup = auditingRefusals(
  'open',
  async (
    platform: With<'vault' | 'catalogue' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
    { backup, by, claimed }: Pick<RestoreInput, 'backup' | 'by' | 'claimed'>,
    signal: AbortSignal,
  ): Promise<OpenedBackup & { backup: string }> => {
    const { found } = await published(platform, backup);
    const opened = await openStored(platform, { manifest: found.manifest, proof: flawedProofOf(found) }, signal);
    await platform.catalogue.audit.append({
      at: platform.clock.now().toISOString(),
      by,
      claimed,
      action: 'restored',
      subject: found.id,
      detail: 'into a database that is removed after a look',
    });
    return opened;
  },
);

/** Opens a stored backup as `openBackup` does, without the catalogue. */
export async function openStored(
  platform: With<'tools' | 'reveal' | 'scratch' | 'engines'> & { vault: ReadableVault },
  { manifest: key, proof }: StoredBackup,
  signal: AbortSignal,
): Promise<OpenedBackup & { backup: string }> {
  const { vault } = platform;
  const { compression, dump, engine, id, scan: stored } = await readManifest(vault, key);
  const scan = await readScan(vault, stored);
  const flaws = await knownFlaws(platform, proof, scan);
  const opened = await engineOf(platform, engine).open(() => readDump(vault, dump, compression), scan, flaws, workFor(platform, id, signal));
  return { ...opened, backup: id };
}
