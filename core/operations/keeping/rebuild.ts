import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { DocumentInvalidError, ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { isManifestKey, manifestKey, partsOfRunId, runIdOfKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Listed } from '../../vault/vault.ts';
import { beginAgain } from './begin-vault.ts';
import { backupOfManifest, stemOfManifest } from './manifest-record.ts';
import { compared, correct } from './records.ts';
import { noteStanding } from './standing.ts';

export interface RebuildOutput {
  /** Backups that the catalogue lacked. */
  recorded: string[];
  /** Backups whose runs alone it lacked. */
  runs: string[];
  /** Ids of backups whose records contradicted the vault. */
  corrected: string[];
  /** Manifests that cannot be read or understood, or that name another backup, with the reason. */
  invalid: { key: string; reason: string }[];
  /** Ids of backups that went with a lost vault, if another one was begun in its place. */
  missing?: string[];
}

export interface RebuildOrder extends Author {
  /** Begins an empty vault in the place of one that is lost, first. */
  beginsAgain?: boolean;
}

/** Returns the manifests among these objects that none of these backups has. */
export function unrecordedIn(objects: Listed[], backups: Backup[]): Listed[] {
  const known = new Set(backups.map(({ id }) => id));
  return objects.filter(({ key }) => isManifestKey(key) && !known.has(runIdOfKey(key) ?? ''));
}

/**
 * Records every backup of the vault that the catalogue does not know, with its hold and its run, writes records anew
 * that contradict it, and adds with `runsToo` the runs of backups that it knows. A manifest that cannot be read does
 * not keep the others out. With `suspects` only these records are compared, because all of them just were.
 */
export async function rebuild(
  platform: With<'vault' | 'catalogue'>,
  author: Author,
  { runsToo = false, suspects }: { runsToo?: boolean; suspects?: readonly Backup[] } = {},
): Promise<RebuildOutput> {
  const { catalogue, clock, log, vault } = platform;
  const backups = await all((page) => catalogue.backups.list(page));
  const lost = unrecordedIn(await vault.list(''), backups);
  const output: RebuildOutput = { recorded: [], runs: [], corrected: [], invalid: [] };
  for (const each of suspects ?? backups) {
    const altered = await compared(platform, each);
    if (!altered || !(await correct(platform, altered))) continue;
    const detail = altered.alterations.map(({ field, record: said, truth }) => `${field}: ${said} → ${truth}`).join('; ');
    await catalogue.audit.append({ at: clock.now().toISOString(), ...author, action: 'corrected', subject: each.id, detail });
    log.warn(`${each.id}: its record contradicted the vault and is written anew (${detail})`);
    output.corrected.push(each.id);
  }
  const read = async (key: string, note: (manifest: Manifest) => Promise<void>) => {
    try {
      const manifest = await readManifest(vault, key);
      if (manifestKey(stemOfManifest(manifest)) !== key || manifest.id !== runIdOfKey(key))
        throw new DocumentInvalidError(`${key} is the manifest of another backup, ${JSON.stringify(manifest.id)}`);
      await note(manifest);
      await recordRun(platform, manifest);
    } catch (error) {
      if (!(error instanceof DocumentInvalidError || error instanceof StorageRefusedError || error instanceof ObjectMissingError)) throw error;
      log.error(error.message);
      output.invalid.push({ key, reason: error.message });
    }
  };
  for (const { key } of lost)
    await read(key, async (manifest) => {
      await record(platform, manifest);
      output.recorded.push(manifest.id);
    });
  for (const { id, manifest, status } of backups)
    if (runsToo && status === 'published' && !(await catalogue.runs.get(id))) await read(manifest, async () => void output.runs.push(id));
  for (const database of new Set([...output.recorded, ...output.runs, ...output.corrected].map((id) => partsOfRunId(id)?.database ?? '')))
    await noteStanding(platform, database);
  return output;
}

/** Rebuilds by an administrator's order, which the audit log keeps. Throws RefusedError as `beginAgain` says. */
export async function rebuildByOrder(
  platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>,
  { by, claimed, beginsAgain = false }: RebuildOrder,
): Promise<RebuildOutput> {
  const missing = beginsAgain ? await beginAgain(platform) : [];
  const output = await rebuild(platform, { by, claimed }, { runsToo: true });
  const detail = detailText({ about: 'clean-up', removed: 0, orphans: 0, recorded: output.recorded.length, missing: missing.length });
  await platform.catalogue.audit.append({ at: platform.clock.now().toISOString(), by, claimed, action: 'rebuilt', subject: 'vault', detail });
  return { ...output, ...(beginsAgain && { missing }) };
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

/** Records a manifest, also where a record under another id stands in its place, which only an intruder writes. */
async function record(platform: With<'vault' | 'catalogue'>, manifest: Manifest): Promise<void> {
  const { backups } = platform.catalogue;
  const truth = await backupOfManifest(platform, manifest);
  await backups.add(truth);
  await backups.change(manifest.id, ({ id }) => (id === manifest.id ? undefined : truth));
}
