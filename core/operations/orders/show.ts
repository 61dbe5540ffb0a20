import { readDocument, readWhole } from '../../bytes/stored.ts';
import type { AuditEntry } from '../../catalogue/audit.ts';
import type { Backup } from '../../catalogue/backups.ts';
import type { Manifest } from '../../documents/manifest.ts';
import { type Proof, parseProof } from '../../documents/proof.ts';
import { parseScan, type Scan } from '../../documents/scan.ts';
import type { With } from '../../platform.ts';
import { manifestOf } from '../keeping/manifest.ts';
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
  const history = await platform.catalogue.audit.list({ subject: backup.id });
  return { backup, history, ...(backup.status === 'published' && { files: await filesOf(platform, backup) }) };
}

async function filesOf({ vault, ...platform }: With<'vault'>, backup: Backup): Promise<Shown['files']> {
  const manifest = await manifestOf({ vault, ...platform }, backup);
  const scan = parseScan(await readDocument(vault, manifest.scan), manifest.scan.key);
  const proofKey = backup.objects.filter((key) => key.includes('.proof')).at(-1);
  return { manifest, scan, proof: proofKey === undefined ? null : parseProof(await readWhole(vault, proofKey), proofKey) };
}
