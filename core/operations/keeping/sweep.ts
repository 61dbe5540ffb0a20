import type { Author } from '../../catalogue/audit.ts';
import { keysBeside } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import { DocumentInvalidError } from '../../errors.ts';
import { isManifestKey, runIdOfKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Listed } from '../../vault/vault.ts';
import { rebuild } from './rebuild.ts';
import { finishRetiring } from './rotate.ts';
import { reportMissing } from './soundness.ts';
import { noteStanding } from './standing.ts';

/**
 * Days that a dump without manifest stays for inspection, and hours without progress after which a write counts as
 * abandoned.
 */
const orphanDays = 7;
const unfinishedHours = 24;
const dayMs = 86_400_000;

export interface SweepOutput {
  /**
   * Number of things removed for good: unfinished writes, and retired objects after the days of grace, unless the
   * vault's own rules remove them.
   */
  removed: number;
  /** Number of dumps that no manifest and no run owns. */
  orphans: number;
  /** Backups that the catalogue did not know. */
  recorded: string[];
  /** Backups that the vault has lost. */
  missing: string[];
}

/** Cleans up what no run owns. Idempotent, and safe beside backups. */
export async function sweep(platform: With<'vault' | 'catalogue' | 'mailer'>, { by, claimed }: Author): Promise<SweepOutput> {
  const { catalogue, clock, config, vault } = platform;
  const now = clock.now().getTime();
  const retiredBefore = new Date(now - config.graceDays * dayMs);
  const removed = await vault.clean({ retired: retiredBefore, unfinished: new Date(now - unfinishedHours * 3_600_000) });
  const backups = await all((page) => catalogue.backups.list(page));
  for (const { id, status, retiredAt } of backups)
    if (status === 'retired' && retiredAt && new Date(retiredAt) < retiredBefore) await catalogue.backups.remove(id);

  const objects = await vault.list('');
  await finishRetiring(platform, backups, objects);
  const { recorded, invalid } = await rebuild(platform);
  const missing = await reportMissing(platform, backups, objects);
  const orphans = await retireOrphans(platform, objects, new Date(now - orphanDays * dayMs));
  for (const { database } of await all((page) => catalogue.standings.list(page))) await noteStanding(platform, database);
  await catalogue.audit.append({
    at: new Date(now).toISOString(),
    by,
    claimed,
    action: 'swept',
    subject: 'vault',
    detail: `${removed} removed, ${orphans} orphans, ${recorded.length} recorded, ${missing.length} missing`,
  });
  if (invalid.length > 0) throw new DocumentInvalidError(`${invalid.length} manifests in the vault cannot be understood: ${invalid.join(', ')}`);
  return { removed, orphans, recorded, missing };
}

/**
 * Retires objects that no backup's record names (an earlier attempt's dump too), that no running run may still need,
 * and that no unreadable manifest may name.
 */
async function retireOrphans({ catalogue, vault }: With<'vault' | 'catalogue'>, objects: Listed[], before: Date): Promise<number> {
  const backups = await all((page) => catalogue.backups.list(page));
  const known = new Set(backups.map(({ id }) => id));
  const named = new Set(backups.flatMap((backup) => [backup.manifest, ...keysBeside(backup)]));
  const manifests = objects.filter(({ key }) => isManifestKey(key)).map(({ key }) => runIdOfKey(key));
  const owners = new Set(manifests.filter((id) => id !== undefined && !known.has(id)));
  for (const { id } of await all((page) => catalogue.runs.list({ status: 'running', ...page }))) owners.add(id);
  const orphans = objects.filter(({ key, at }) => {
    const run = runIdOfKey(key);
    return run !== undefined && !owners.has(run) && !named.has(key) && at < before;
  });
  for (const { key } of orphans) await vault.retire(key);
  return orphans.length;
}
