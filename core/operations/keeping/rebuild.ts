import type { Backup } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import { readManifest } from '../../documents/manifest.ts';
import { DocumentInvalidError, ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { isManifestKey, manifestKey, partsOfRunId, runIdOfKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Listed } from '../../vault/vault.ts';
import { recordManifest, stemOfManifest } from './manifest.ts';
import { noteStanding } from './standing.ts';

export interface RebuildOutput {
  recorded: string[];
  /** Keys of manifests that cannot be read or understood, or that name another backup. */
  invalid: string[];
}

/** Returns the manifests among these objects that none of these backups has. */
export function unrecordedIn(objects: Listed[], backups: Backup[]): Listed[] {
  const known = new Set(backups.map(({ id }) => id));
  return objects.filter(({ key }) => isManifestKey(key) && !known.has(runIdOfKey(key) ?? ''));
}

/**
 * Records every backup of the vault that the catalogue does not know. A manifest that cannot be read does not keep the
 * others out.
 */
export async function rebuild(platform: With<'vault' | 'catalogue'>): Promise<RebuildOutput> {
  const lost = unrecordedIn(await platform.vault.list(''), await all((page) => platform.catalogue.backups.list(page)));
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
