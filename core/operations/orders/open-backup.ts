import { readDump } from '../../bytes/stored.ts';
import { flawedProofOf } from '../../catalogue/backups.ts';
import { readScan } from '../../documents/scan.ts';
import type { OpenedBackup } from '../../engines/engine.ts';
import type { With } from '../../platform.ts';
import { engineOf } from '../backup/engine-of.ts';
import { workFor } from '../backup/work.ts';
import { auditingRefusals } from './refusals.ts';
import { knownFlaws, published, type RestoreInput } from './restore.ts';

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
    const { found, manifest } = await published(platform, backup);
    const scan = await readScan(platform.vault, manifest.scan);
    const dump = () => readDump(platform.vault, manifest.dump, manifest.compression);
    const flaws = await knownFlaws(platform, flawedProofOf(found), scan);
    const opened = await engineOf(platform, manifest.engine).open(dump, scan, flaws, workFor(platform, found.id, signal));
    await platform.catalogue.audit.append({
      at: platform.clock.now().toISOString(),
      by,
      claimed,
      action: 'restored',
      subject: found.id,
      detail: 'into a database that is removed after a look',
    });
    return { ...opened, backup: found.id };
  },
);
