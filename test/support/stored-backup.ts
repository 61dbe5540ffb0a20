import { store, storeDocument } from '../../core/bytes/stored.ts';
import type { Backup } from '../../core/catalogue/backups.ts';
import { writeManifest } from '../../core/documents/manifest.ts';
import { type Proof, writeProof } from '../../core/documents/proof.ts';
import { type Scan, writeScan } from '../../core/documents/scan.ts';
import type { SourceIdentity } from '../../core/documents/source-identity.ts';
import { proofKey } from '../../core/names.ts';
import type { Platform } from '../../core/platform.ts';
import { backupOf } from './records.ts';

interface Contents {
  change?: Partial<Backup>;
  tables?: Scan['tables'];
  scan?: Partial<Scan>;
  proof?: Partial<Proof>;
  restore?: string[];
  identity?: SourceIdentity;
}

export function tableOf(name: string, rows: number, mark = 'a'): Scan['tables'][number] {
  return { name, rows, bytes: rows * 10, sha256: mark.repeat(64) };
}

/** Puts a backup into a platform with true documents, made without a run: its dump is a line of text. */
export async function putStored({ catalogue, vault }: Pick<Platform, 'catalogue' | 'vault'>, slot: string, contents: Contents = {}): Promise<Backup> {
  const { change = {}, tables = [tableOf('person', 100)], proof: changed = {}, restore = ['zstd -d backup.sqlite3.zst'], identity } = contents;
  const record = backupOf(slot, change);
  const stem = record.manifest.replace('.manifest.json', '');
  const dump = await store(vault, record.objects.dump, bytesOf(`dump of ${record.id}`), 'zstd');
  const scan: Scan = {
    format: 'sauvegarde-scan',
    version: 1,
    engine: 'sqlite',
    product: { name: 'SQLite', version: '3.50.1' },
    size: record.bytes,
    tables,
    sequences: [],
    warnings: [],
    objects: { index: 1 },
    ...contents.scan,
  };
  const storedScan = await storeDocument(vault, record.objects.scan, writeScan(scan));
  const proof: Proof = {
    format: 'sauvegarde-proof',
    version: 1,
    backup: record.id,
    verdict: record.proof.verdict,
    at: record.slot,
    seconds: 0.5,
    restoreSeconds: 0.2,
    differences: [],
    flaws: [],
    unproven: [],
    notes: [],
    ...changed,
  };
  await storeDocument(vault, proofKey(stem), writeProof(proof));
  const { id, database, kind, startedAt, publishedAt, seconds, bytes, rows } = record;
  await storeDocument(
    vault,
    record.manifest,
    writeManifest({
      format: 'sauvegarde-manifest',
      version: 1,
      id,
      database,
      engine: 'sqlite',
      kind,
      slot: record.slot,
      ...(identity && { identity }),
      startedAt,
      publishedAt,
      seconds,
      requestedBy: 'scheduler',
      compression: 'zstd',
      dump,
      scan: storedScan,
      proof: { verdict: proof.verdict, key: proofKey(stem), at: proof.at, seconds: proof.seconds },
      totals: { tables: tables.length, rows, bytes },
      restore,
    }),
  );
  const backup = { ...record, size: dump.size, objects: { ...record.objects, proofs: [proofKey(stem)] } };
  await catalogue.backups.add(backup);
  return backup;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
