import type { Author } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { DocumentInvalidError, ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { isManifestKey, manifestKey, partsOfRunId, runIdOfKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Listed } from '../../vault/vault.ts';
import { backupOfManifest, stemOfManifest } from './manifest.ts';
import { compared, correct } from './records.ts';
import { noteStanding } from './standing.ts';

export interface RebuildOutput {
  recorded: string[];
  /** Ids of backups whose records contradicted the vault. */
  corrected: string[];
  /** Keys of manifests that cannot be read or understood, or that name another backup. */
  invalid: string[];
}

/** Returns the manifests among these objects that none of these backups has. */
export function unrecordedIn(objects: Listed[], backups: Backup[]): Listed[] {
  const known = new Set(backups.map(({ id }) => id));
  return objects.filter(({ key }) => isManifestKey(key) && !known.has(runIdOfKey(key) ?? ''));
}

/**
 * Records every backup of the vault that the catalogue does not know, and writes records anew that contradict it. A
 * manifest that cannot be read does not keep the others out.
 */
export async function rebuild(platform: With<'vault' | 'catalogue'>, author: Author): Promise<RebuildOutput> {
  const records = await all((page) => platform.catalogue.backups.list(page));
  const lost = unrecordedIn(await platform.vault.list(''), records);
  const output: RebuildOutput = { recorded: [], corrected: [], invalid: [] };
  for (const each of records) {
    const altered = await compared(platform, each);
    if (!altered || !(await correct(platform, altered))) continue;
    const at = platform.clock.now().toISOString();
    const detail = altered.alterations.map(({ field, record: said, truth }) => `${field}: ${said} → ${truth}`).join('; ');
    await platform.catalogue.audit.append({ at, ...author, action: 'corrected', subject: each.id, detail });
    platform.log.warn(`${each.id}: its record contradicted the vault and is written anew (${detail})`);
    output.corrected.push(each.id);
  }
  for (const { key } of lost) {
    try {
      const manifest = await readManifest(platform.vault, key);
      if (manifestKey(stemOfManifest(manifest)) !== key || manifest.id !== runIdOfKey(key))
        throw new DocumentInvalidError(`${key} is the manifest of another backup, ${JSON.stringify(manifest.id)}`);
      await record(platform, manifest);
      output.recorded.push(manifest.id);
    } catch (error) {
      if (!(error instanceof DocumentInvalidError || error instanceof StorageRefusedError || error instanceof ObjectMissingError)) throw error;
      platform.log.error(error.message);
      output.invalid.push(key);
    }
  }
  for (const database of new Set([...output.recorded, ...output.corrected].map((id) => partsOfRunId(id)?.database ?? '')))
    await noteStanding(platform, database);
  return output;
}

/** Records a manifest, also where a record under another id stands in its place, which only an intruder writes. */
async function record(platform: With<'vault' | 'catalogue'>, manifest: Manifest): Promise<void> {
  const { backups } = platform.catalogue;
  const truth = await backupOfManifest(platform, manifest);
  await backups.add(truth);
  await backups.change(manifest.id, ({ id }) => (id === manifest.id ? undefined : truth));
}
