import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { DocumentInvalidError, ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { isManifestKey, manifestKey, partsOfRunId, runIdOfKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Listed } from '../../vault/vault.ts';
import { recordManifest, stemOfManifest } from './manifest.ts';
import { noteStanding } from './standing.ts';

export interface RebuildOutput {
  /** Backups that the catalogue lacked. */
  recorded: string[];
  /** Backups whose runs alone it lacked. */
  runs: string[];
  /** Manifests that cannot be read or understood, or that name another backup, with the reason. */
  invalid: { key: string; reason: string }[];
}

/** Returns the manifests among these objects that none of these backups has. */
export function unrecordedIn(objects: Listed[], backups: Backup[]): Listed[] {
  const known = new Set(backups.map(({ id }) => id));
  return objects.filter(({ key }) => isManifestKey(key) && !known.has(runIdOfKey(key) ?? ''));
}

/**
 * Records every backup of the vault that the catalogue does not know, with its hold and its run, and with `runsToo`
 * the runs of those that it knows. A manifest that cannot be read does not keep the others out.
 */
export async function rebuild(platform: With<'vault' | 'catalogue'>, { runsToo = false } = {}): Promise<RebuildOutput> {
  const { catalogue, log, vault } = platform;
  const backups = await all((page) => catalogue.backups.list(page));
  const output: RebuildOutput = { recorded: [], runs: [], invalid: [] };
  const read = async (key: string, record: (manifest: Manifest) => Promise<void>) => {
    try {
      const manifest = await readManifest(vault, key);
      if (manifestKey(stemOfManifest(manifest)) !== key || manifest.id !== runIdOfKey(key))
        throw new DocumentInvalidError(`${key} is the manifest of another backup, ${JSON.stringify(manifest.id)}`);
      await record(manifest);
      await recordRun(platform, manifest);
    } catch (error) {
      if (!(error instanceof DocumentInvalidError || error instanceof StorageRefusedError || error instanceof ObjectMissingError)) throw error;
      log.error(error.message);
      output.invalid.push({ key, reason: error.message });
    }
  };
  for (const { key } of unrecordedIn(await vault.list(''), backups))
    await read(key, async (manifest) => {
      await recordManifest(platform, manifest);
      output.recorded.push(manifest.id);
    });
  for (const { id, manifest, status } of backups)
    if (runsToo && status === 'published' && !(await catalogue.runs.get(id))) await read(manifest, async () => void output.runs.push(id));
  for (const database of new Set([...output.recorded, ...output.runs].map((id) => partsOfRunId(id)?.database ?? ''))) await noteStanding(platform, database);
  return output;
}

/** Rebuilds by an administrator's order, which the audit log keeps. */
export async function rebuildByOrder(platform: With<'vault' | 'catalogue'>, { by, claimed }: Author): Promise<RebuildOutput> {
  const output = await rebuild(platform, { runsToo: true });
  const detail = detailText({ about: 'clean-up', removed: 0, orphans: 0, recorded: output.recorded.length, missing: 0 });
  await platform.catalogue.audit.append({ at: platform.clock.now().toISOString(), by, claimed, action: 'rebuilt', subject: 'vault', detail });
  return output;
}

/**
 * Records the run that made a backup, so that no slot is served twice. Changes nothing if the catalogue has the run:
 * no execution is called like this one.
 */
async function recordRun({ catalogue }: With<'catalogue'>, { id, database, slot, kind, requestedBy, startedAt, publishedAt, dump }: Manifest): Promise<void> {
  const attempts = Number(/\.(\d+)\.[^/]+$/.exec(dump.key)?.[1] ?? 1);
  const run = { id, database, slot, kind, requestedBy, execution: `${id} rebuilt`, status: 'running', startedAt, attempts } as const;
  await catalogue.runs.end(run, { status: 'succeeded' }, new Date(publishedAt));
}
