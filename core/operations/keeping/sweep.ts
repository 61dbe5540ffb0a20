import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import { keysBeside } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import { DocumentInvalidError, reasonOf } from '../../errors.ts';
import { counted } from '../../figures.ts';
import { isManifestKey, runIdOfKey } from '../../names.ts';
import type { With } from '../../platform.ts';
import type { Listed } from '../../vault/vault.ts';
import { writeMissingHolds } from './holds.ts';
import { endIncident, openIncident } from './incident.ts';
import { refuseStranger } from './ownership.ts';
import { rebuild, unrecordedIn } from './rebuild.ts';
import { alteredAmong, reportAltered } from './records.ts';
import { finishRetiring } from './rotate.ts';
import { missingAmong, reportMissing } from './soundness.ts';
import { noteStanding } from './standing.ts';

/**
 * Days that a dump without manifest stays for inspection, and hours without progress after which a write counts as
 * abandoned.
 */
const orphanDays = 7;
const unfinishedHours = 24;
const dayMs = 86_400_000;

export interface SweepInput extends Author {
  /** Reports what would be done, and does nothing. */
  dryRun?: boolean;
}

export interface SweepOutput {
  /**
   * Number of things removed for good: unfinished writes, and retired objects after the days of grace, unless the
   * vault's own rules remove them.
   */
  removed: number;
  /** Number of dumps that no manifest and no run owns, and their keys. */
  orphans: number;
  keys: string[];
  /** Backups that the catalogue did not know. */
  recorded: string[];
  /** Backups whose records contradicted the vault. */
  corrected: string[];
  /** Backups that the vault has lost. */
  missing: string[];
  /** Retired backups whose days of grace are over: their records go. */
  forgotten: string[];
}

/** Cleans up what no run owns. Idempotent, and safe beside backups. */
export async function sweep(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, { by, claimed, dryRun = false }: SweepInput): Promise<SweepOutput> {
  const { catalogue, clock, config, log, vault } = platform;
  const now = clock.now().getTime();
  await refuseStranger(platform);
  const retiredBefore = new Date(now - config.graceDays * dayMs);
  const orphansBefore = new Date(now - orphanDays * dayMs);
  const abandoned = { retired: retiredBefore, unfinished: new Date(now - unfinishedHours * 3_600_000) };
  const backups = await all((page) => catalogue.backups.list(page));
  const objects = await vault.list('');
  const over = backups.filter(({ status, retiredAt }) => status === 'retired' && retiredAt && new Date(retiredAt) < retiredBefore).map(({ id }) => id);
  const left = (await orphansAmong(platform, objects, orphansBefore)).map(({ key }) => key);
  const plan = {
    removed: await vault.clean(abandoned, { dryRun: true }),
    orphans: left.length,
    keys: left,
    recorded: unrecordedIn(objects, backups).map(({ key }) => runIdOfKey(key) ?? key),
    missing: missingAmong(backups, objects).map(({ id }) => id),
    forgotten: over,
  };
  // a retired backup whose manifest is there was cut off in between, and is finished
  const altered = (await alteredAmong(platform, backups)).filter(({ record, truth }) => record.status !== 'retired' || truth.status === 'retired');
  if (dryRun) return { ...plan, corrected: altered.map(({ record }) => record.id) };
  if (left.length > 0) log.info(`sweep retires ${counted(left.length, 'file')} that no backup and no run owns: ${left.join(', ')}`);

  const removed = await vault.clean(abandoned);
  for (const id of over) await catalogue.backups.remove(id);
  await finishRetiring(platform, backups, objects);
  await reportAltered(platform, altered);
  const { recorded, corrected, invalid } = await rebuild(platform, { by, claimed }, { suspects: altered.map(({ record }) => record) });
  await writeMissingHolds(platform, backups);
  const missing = await reportMissing(platform, backups, objects);
  const orphans = await orphansAmong(platform, objects, orphansBefore);
  for (const { key } of orphans) await vault.retire(key);
  for (const { database } of await all((page) => catalogue.standings.list(page))) await noteStanding(platform, database);
  await catalogue.audit.append({
    at: new Date(now).toISOString(),
    by,
    claimed,
    action: 'swept',
    subject: 'vault',
    detail: detailText({ about: 'clean-up', removed, orphans: orphans.length, recorded: recorded.length, missing: missing.length }),
  });
  if (invalid.length > 0)
    throw new DocumentInvalidError(`${counted(invalid.length, 'manifest')} in the vault cannot be read: ${invalid.map(({ reason }) => reason).join('; ')}`);
  return { removed, orphans: orphans.length, keys: orphans.map(({ key }) => key), recorded, corrected, missing, forgotten: over };
}

/** Sweeps. A failure is an incident of the vault, and is thrown. */
export async function sweepAndTell(platform: With<'vault' | 'catalogue' | 'mailer' | 'notifier'>, input: SweepInput): Promise<SweepOutput> {
  if (input.dryRun) return sweep(platform, input);
  try {
    const output = await sweep(platform, input);
    await endIncident(platform, undefined, 'sweep-failed');
    return output;
  } catch (error) {
    await openIncident(platform, { kind: 'sweep-failed', subject: platform.clock.now().toISOString(), error: reasonOf(error) });
    throw error;
  }
}

/**
 * Returns objects that no backup's record names (an earlier attempt's dump too), that no running run may still need,
 * and that no unreadable manifest may name.
 */
async function orphansAmong({ catalogue }: With<'catalogue'>, objects: Listed[], before: Date): Promise<Listed[]> {
  const backups = await all((page) => catalogue.backups.list(page));
  const known = new Set(backups.map(({ id }) => id));
  const named = new Set(backups.flatMap((backup) => [backup.manifest, ...keysBeside(backup)]));
  const manifests = objects.filter(({ key }) => isManifestKey(key)).map(({ key }) => runIdOfKey(key));
  const owners = new Set(manifests.filter((id) => id !== undefined && !known.has(id)));
  for (const { id } of await all((page) => catalogue.runs.list({ status: 'running', ...page }))) owners.add(id);
  return objects.filter(({ key, at }) => {
    const run = runIdOfKey(key);
    return run !== undefined && !owners.has(run) && !named.has(key) && at < before;
  });
}
