import type { AuditRecord } from '../../core/catalogue/audit.ts';
import type { Backup } from '../../core/catalogue/backups.ts';
import type { Incident } from '../../core/catalogue/incidents.ts';
import type { Run } from '../../core/catalogue/runs.ts';
import { dumpKey, manifestKey, runId, scanKey, stemOf } from '../../core/names.ts';

/** A published backup of `main` as the catalogue knows it. */
export function backupOf(slot: string, change: Partial<Backup> = {}): Backup {
  const { database = 'main', kind = 'scheduled' } = change;
  const instant = new Date(slot);
  const stem = stemOf(database, instant, kind);
  return {
    id: runId(database, instant, kind),
    database,
    engine: 'sqlite',
    kind,
    slot: instant.toISOString(),
    startedAt: instant.toISOString(),
    publishedAt: instant.toISOString(),
    status: 'published',
    manifest: manifestKey(stem),
    objects: { dump: dumpKey(stem, 1, 'sqlite3', 'zstd'), scan: scanKey(stem, 1), proofs: [] },
    size: 12_345_678,
    bytes: 50_000_000,
    tables: 2,
    rows: 2000,
    seconds: 1.5,
    proof: { verdict: 'proven', at: instant.toISOString(), seconds: 0.5 },
    ...change,
  };
}

/**
 * Makes an open incident of `main`, or of the vault if its kind is the vault's, that began at `since` and whose alert
 * is due.
 */
export function incidentOf(since: string, change: Partial<Incident> = {}): Incident {
  const at = new Date(since).toISOString();
  return {
    ...(change.kind !== 'sweep-failed' && { database: 'main' }),
    kind: 'backup-failed',
    since: at,
    last: { at, subject: 'main-20261122_020000Z', error: { name: 'SourceMissingError', message: 'there is no file /srv/app.sqlite3' } },
    count: 1,
    alert: { state: 'due', at },
    ...change,
  };
}

export function auditOf(detail: string, subject = 'main-20261122_020000Z'): AuditRecord {
  return { at: '2026-11-22T02:00:10.000Z', by: 'cli:alice', action: 'downloaded', subject, detail };
}

/** Makes a running run of `main`, for a scheduled slot. */
export function runOf(slot: string): Run {
  const instant = new Date(slot);
  return {
    id: runId('main', instant, 'scheduled'),
    database: 'main',
    slot: instant.toISOString(),
    kind: 'scheduled',
    requestedBy: 'test',
    execution: 'one',
    status: 'running',
    startedAt: instant.toISOString(),
    attempts: 0,
  };
}
