import { readWhole } from '../../bytes/stored.ts';
import { parseManifest } from '../../documents/manifest.ts';
import { DocumentInvalidError } from '../../errors.ts';
import { isManifestKey, runIdOfKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import { recordManifest } from './manifest.ts';

export interface RebuildOutput {
  recorded: string[];
  /** Keys of manifests that cannot be understood. */
  invalid: string[];
}

/**
 * Records every backup of the vault that the catalogue does not know. A manifest that cannot be understood does not
 * keep the others out.
 */
export async function rebuild(platform: With<'vault' | 'catalogue'>): Promise<RebuildOutput> {
  const known = new Set((await platform.catalogue.backups.list()).map(({ id }) => id));
  const lost = (await platform.vault.list('')).filter(({ key }) => isManifestKey(key) && !known.has(runIdOfKey(key) ?? ''));
  const output: RebuildOutput = { recorded: [], invalid: [] };
  for (const { key } of lost) {
    try {
      const manifest = parseManifest(await readWhole(platform.vault, key), key);
      await recordManifest(platform, manifest);
      output.recorded.push(manifest.id);
    } catch (error) {
      if (!(error instanceof DocumentInvalidError)) throw error;
      platform.log.error(error.message);
      output.invalid.push(key);
    }
  }
  return output;
}
