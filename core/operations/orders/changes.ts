import { isGood } from '../../catalogue/backups.ts';
import { positionOf } from '../../catalogue/order.ts';
import { itemsOf, usualLimit } from '../../catalogue/page.ts';
import { readManifest } from '../../documents/manifest.ts';
import { readScan } from '../../documents/scan.ts';
import { RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { findBackup } from './find-backup.ts';

/** Differences between the tables of a backup and those of the good backup before it. */
export interface Changes {
  /** The backup before; missing if there is none. */
  against?: string;
  /** Tables that are new, or whose rows differ. `before` is their number of rows then; missing for a new table. */
  changed: { name: string; rows: number; before?: number }[];
  /** Tables that are no more. */
  gone: string[];
  /** Number of tables with the same rows. */
  same: number;
}

/** Compares a published backup with the good one before it, by their scans. Throws UnknownNameError, RefusedError. */
export async function changes(platform: With<'vault' | 'catalogue'>, { backup: name }: { backup: string }): Promise<Changes> {
  const { catalogue, vault } = platform;
  const found = await findBackup(platform, name);
  if (found.status !== 'published') throw new RefusedError(`${found.id} is ${found.status}; its files cannot be read`);
  let against: string | undefined;
  const scanOf = async (manifest: string) => readScan(vault, (await readManifest(vault, manifest)).scan);
  const then = new Map<string, { rows: number; sha256: string }>();
  for await (const earlier of itemsOf(
    ({ after = positionOf(found), ...page }) => catalogue.backups.list({ database: found.database, after, ...page }),
    usualLimit,
  )) {
    if (!isGood(earlier)) continue;
    against = earlier.id;
    for (const table of (await scanOf(earlier.manifest)).tables) then.set(table.name, table);
    break;
  }
  const now = (await scanOf(found.manifest)).tables;
  if (against === undefined) return { changed: [], gone: [], same: now.length };
  const changed = now.flatMap(({ name, rows, sha256 }) => {
    const before = then.get(name);
    if (before?.rows === rows && before.sha256 === sha256) return [];
    return [{ name, rows, ...(before && { before: before.rows }) }];
  });
  const names = new Set(now.map((table) => table.name));
  return { against, changed, gone: [...then.keys()].filter((each) => !names.has(each)), same: now.length - changed.length };
}
