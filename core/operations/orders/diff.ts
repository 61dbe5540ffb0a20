import type { Backup } from '../../catalogue/backups.ts';
import { type ScanDifference, scanDifference } from '../../documents/backup-difference.ts';
import { readManifest } from '../../documents/manifest.ts';
import { readScan, type Scan } from '../../documents/scan.ts';
import { RefusedError } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { findBackup } from './find-backup.ts';

/** Differences between two backups, by their scans. */
export interface Diff extends ScanDifference {
  /** Ids, and the instants at which the sources were read. */
  from: { backup: string; at: string };
  to: { backup: string; at: string };
}

/**
 * Compares what two published backups hold, without restoring them. Throws UnknownNameError if there is no such backup,
 * RefusedError if one is not published or if their engines differ.
 */
export async function diff(platform: With<'vault' | 'catalogue'>, { backup, other }: { backup: string; other: string }): Promise<Diff> {
  const [from, to] = [await findBackup(platform, backup), await findBackup(platform, other)];
  const [before, after] = [await scanOf(platform, from), await scanOf(platform, to)];
  if (before.engine !== after.engine)
    throw new RefusedError(`${from.id} is of ${before.engine} and ${to.id} of ${after.engine}: their contents cannot be compared`);
  return { from: { backup: from.id, at: from.startedAt }, to: { backup: to.id, at: to.startedAt }, ...scanDifference(before, after) };
}

async function scanOf({ vault }: With<'vault'>, { id, manifest, status }: Backup): Promise<Scan> {
  if (status !== 'published') throw new RefusedError(`${id} is ${status}; its files cannot be read`);
  return readScan(vault, (await readManifest(vault, manifest)).scan);
}
