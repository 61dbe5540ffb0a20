import type { AuditEntry } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import { all } from '../../catalogue/page.ts';
import { type Manifest, readManifest } from '../../documents/manifest.ts';
import { type Proof, readProof } from '../../documents/proof.ts';
import { readScan, type Scan } from '../../documents/scan.ts';
import type { With } from '../../platform.ts';
import { findBackup } from './find-backup.ts';

/** Everything known of a backup; without files if it is not published. */
export interface Shown {
  backup: Backup;
  /** History, newest first. */
  history: AuditEntry[];
  files?: { manifest: Manifest; scan: Scan; proof: Proof | null };
}

/** Shows everything about the backup of that id, or a database's newest good one. */
export async function show(platform: With<'vault' | 'catalogue'>, { backup: name }: { backup: string }): Promise<Shown> {
  const backup = await findBackup(platform, name);
  const history = await all((page) => platform.catalogue.audit.list({ subject: backup.id, ...page }));
  return { backup, history, ...(backup.status === 'published' && { files: await filesOf(platform, backup) }) };
}

async function filesOf({ vault }: With<'vault'>, { manifest: key, objects }: Backup): Promise<Shown['files']> {
  const manifest = await readManifest(vault, key);
  const newest = objects.proofs.at(-1);
  return { manifest, scan: await readScan(vault, manifest.scan), proof: newest === undefined ? null : await readProof(vault, newest) };
}
