import { all } from '../core/catalogue/page.ts';
import { reasonOf } from '../core/errors.ts';
import { isManifestKey, runIdOfKey } from '../core/names.ts';
import type { Listed } from '../core/vault/vault.ts';
import type { LocalPlatform } from './local-platform.ts';

/** Multiple of the evidence's size that must stay free, so that the next backup and its proof fit. */
const roomFactor = 2;

/**
 * Discards the dumps of a database that its runs' proofs refuted, except for those of the run `newest`; those too, if
 * they take the space of the next backup. Never touches what has a manifest. A failure is logged: the next run tries
 * again.
 */
export async function limitEvidence(platform: LocalPlatform, database: string, newest: string): Promise<void> {
  const { log, vault } = platform;
  try {
    const evidence = await evidenceOf(platform, database);
    const size = Math.max(0, ...evidence.map((object) => object.size));
    const isTight = ((await vault.free()) ?? Number.POSITIVE_INFINITY) < roomFactor * size;
    if (isTight && size > 0) log.warn(`the refuted dump of ${newest} is not kept for inspection: the disk of the vault is nearly full`);
    for (const { key } of evidence) if (isTight || runIdOfKey(key) !== newest) await vault.discard(key);
  } catch (error) {
    log.warn(`refuted dumps of ${database} stay for now: ${reasonOf(error).message}`);
  }
}

async function evidenceOf({ catalogue, vault }: LocalPlatform, database: string): Promise<Listed[]> {
  const refuted = new Set(
    (await all((page) => catalogue.runs.list({ database, status: 'failed', ...page })))
      .filter(({ error }) => error?.name === 'BackupRefutedError')
      .map(({ id }) => id),
  );
  const objects = await vault.list(`${database}/`);
  for (const { key } of objects) if (isManifestKey(key)) refuted.delete(runIdOfKey(key) ?? '');
  return objects.filter(({ key }) => refuted.has(runIdOfKey(key) ?? ''));
}
