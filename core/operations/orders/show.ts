import type { AuditEntry } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import type { Run } from '../../catalogue/runs.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { type Proof, readProof } from '../../documents/proof.ts';
import { readScan, type Scan } from '../../documents/scan.ts';
import { type ErrorName, KeyMissingError, reasonOf } from '../../errors.ts';
import type { With } from '../../platform.ts';
import { findBackup } from './find-backup.ts';

/** Files of a backup. Those that are encrypted, and that nothing here opens, are missing; `sealed` then says why. */
export interface ShownFiles {
  manifest: Manifest;
  scan?: Scan;
  proof: Proof | null;
  sealed?: string;
}

/** Everything known of a backup; without files if it is not published. */
export interface Shown {
  backup: Backup;
  /** History, newest first. */
  history: AuditEntry[];
  files?: ShownFiles;
  /** Reason for which the files of a published backup could not be read; only if they were optional. */
  unread?: { name: ErrorName; message: string };
}

/**
 * Shows everything about the backup of that id, or a database's newest good one. If the files are `optional`, a vault
 * that does not answer is no error.
 */
export async function show(platform: With<'vault' | 'catalogue'>, { backup: name, optional = false }: { backup: string; optional?: boolean }): Promise<Shown> {
  const backup = await findBackup(platform, name);
  const history = await all((page) => platform.catalogue.audit.list({ subject: backup.id, ...page }));
  if (backup.status !== 'published') return { backup, history };
  try {
    return { backup, history, files: await filesOf(platform, backup) };
  } catch (error) {
    if (!optional) throw error;
    return { backup, history, unread: reasonOf(error) };
  }
}

/** Run, with the backup that it made. */
export interface ShownRun {
  run?: Run;
  backup?: Backup;
}

/** Shows the run of that id; without one, nothing. */
export async function showRun({ catalogue }: With<'catalogue'>, { run: id }: { run: string }): Promise<ShownRun> {
  const [run, backup] = await Promise.all([catalogue.runs.get(id), catalogue.backups.get(id)]);
  return { ...(run && { run }), ...(backup && { backup }) };
}

async function filesOf({ vault }: With<'vault'>, { manifest: key, objects }: Backup): Promise<Shown['files']> {
  const manifest = await readManifest(vault, key);
  const newest = objects.proofs.at(-1);
  try {
    return { manifest, scan: await readScan(vault, manifest.scan), proof: newest === undefined ? null : await readProof(vault, newest) };
  } catch (error) {
    if (!(error instanceof KeyMissingError)) throw error;
    return { manifest, proof: null, sealed: error.message };
  }
}
