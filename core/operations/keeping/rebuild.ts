import { all } from '../../catalogue/page.ts';
import { readManifest } from '../../documents/manifest.ts';
import { DocumentInvalidError, ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { isManifestKey, manifestKey, partsOfRunId, runIdOfKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import { recordManifest, stemOfManifest } from './manifest.ts';
import { noteStanding } from './standing.ts';

export interface RebuildOutput {
  recorded: string[];
  /** Keys of manifests that cannot be read or understood, or that name another backup. */
  invalid: string[];
}

/**
 * Records every backup of the vault that the catalogue does not know. A manifest that cannot be read does not keep the
 * others out.
 */
export async function rebuild(platform: With<'vault' | 'catalogue'>): Promise<RebuildOutput> {
  const known = new Set((await all((page) => platform.catalogue.backups.list(page))).map(({ id }) => id));
  const lost = (await platform.vault.list('')).filter(({ key }) => isManifestKey(key) && !known.has(runIdOfKey(key) ?? ''));
  const output: RebuildOutput = { recorded: [], invalid: [] };
  for (const { key } of lost) {
    try {
      const manifest = await readManifest(platform.vault, key);
      if (manifestKey(stemOfManifest(manifest)) !== key || manifest.id !== runIdOfKey(key))
        throw new DocumentInvalidError(`${key} is the manifest of another backup, ${JSON.stringify(manifest.id)}`);
      await recordManifest(platform, manifest);
      output.recorded.push(manifest.id);
    } catch (error) {
      if (!(error instanceof DocumentInvalidError || error instanceof StorageRefusedError || error instanceof ObjectMissingError)) throw error;
      platform.log.error(error.message);
      output.invalid.push(key);
    }
  }
  for (const database of new Set(output.recorded.map((id) => partsOfRunId(id)?.database ?? ''))) await noteStanding(platform, database);
  return output;
}
