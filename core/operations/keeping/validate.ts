import { type Backup, isGood } from '../../catalogue/backups.ts';
import { itemsOf, usualLimit } from '../../catalogue/page.ts';
import { readManifest } from '../../documents/manifest.ts';
import { readScan, type Scan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import { KeyMissingError, RestoreTestFailedError, reasonOf } from '../../errors.ts';
import { counted } from '../../figures.ts';
import type { With } from '../../platform.ts';
import { lostFromAll } from '../../policy/watch/rows.ts';
import { endIncident, openIncident } from './incident.ts';
import type { Reader, RestoredInventory } from './read-restored.ts';
import type { RestoreTest, RestoreTests, ValidationStatus } from './restore-tests.ts';

/** Author of the entries in the audit log. */
const byAwsBackup = 'aws-backup';
const kind = 'restore-test-failed';

/** Result of a validation, or the reason for which there was none. */
export type Validated = { job: string; status: ValidationStatus; message: string } | { job: string; ignored: string };

interface Finding {
  database: string;
  message: string;
  error?: { name: string; message: string };
}

type ValidatePlatform = With<'vault' | 'catalogue' | 'mailer' | 'notifier'> & { restoreTests: RestoreTests; reader: Reader };

/**
 * Validates a restore test of AWS Backup: has every row of each database on the restored instance read, compares its
 * tables with the backups around the recovery point, and tells AWS Backup the result. A failure is an incident and
 * alerts. Ignores restores that are no tests, have a result, or are of nothing that the configuration names. Throws
 * only what a repetition may mend.
 */
export async function validate(platform: ValidatePlatform, { job }: { job: string }, signal: AbortSignal): Promise<Validated> {
  const { catalogue, clock, config, log, restoreTests } = platform;
  const test = await restoreTests.find(job);
  const databases = Object.keys(config.databases).filter((name) => config.databases[name]?.backedUpBy === test.source);
  const ignored = reasonToIgnore(test, databases);
  if (ignored !== undefined) {
    log.info(`the restore job ${job} is not validated: ${ignored}`);
    return { job, ignored };
  }
  const findings: Finding[] = [];
  for (const database of databases) findings.push(await judged(platform, test, database, signal));
  const status = statusOf(findings);
  for (const { database, error, message } of findings) {
    if (error) await openIncident(platform, { database, kind, subject: job, error: { name: error.name, message } });
    else await endIncident(platform, database, kind);
    log[error ? 'error' : 'info'](`${database}: restore test ${job}: ${message}`);
    const detail = `${error ? 'failed' : 'successful'}, ${job}: ${message}`;
    await catalogue.audit.append({ at: clock.now().toISOString(), by: byAwsBackup, action: 'restore-tested', subject: database, detail });
  }
  const message = findings.map((each) => `${each.database}: ${each.message}`).join('; ');
  await restoreTests.report(job, status, message);
  return { job, status, message };
}

function reasonToIgnore({ isTest, result, source }: RestoreTest, databases: readonly string[]): string | undefined {
  if (!isTest) return 'no restore testing plan asked for it';
  if (result !== undefined) return `AWS Backup has its result, ${result}`;
  return databases.length === 0 ? `${source} is backedUpBy of no database` : undefined;
}

function statusOf(findings: readonly Finding[]): ValidationStatus {
  const errors = findings.flatMap(({ error }) => error?.name ?? []);
  if (errors.length === 0) return 'SUCCESSFUL';
  return errors.every((name) => name === 'OutOfTimeError') ? 'TIMED_OUT' : 'FAILED';
}

/** Reads a restored database and compares it. */
async function judged(platform: ValidatePlatform, test: RestoreTest, database: string, signal: AbortSignal): Promise<Finding> {
  let restored: RestoredInventory;
  try {
    restored = await Promise.race([readAt(platform, test, database), endOf(signal)]);
  } catch (cause) {
    const error = reasonOf(cause);
    if (error.name === 'UnexpectedError') throw cause; // of a call to AWS: Lambda repeats it
    return { database, error, message: `the restored database could not be read: ${error.message}` };
  }
  const rows = new Map(Object.entries(restored.rows));
  const total = [...rows.values()].reduce((sum, each) => sum + each, 0);
  const read = `${counted(rows.size, 'table')} with ${counted(total, 'row')} were read`;
  const { backups, scans, instead } = await scansAround(platform, database, test.madeAt ?? platform.clock.now());
  const { gone, shrunk } = lostFromAll(
    scans.map(({ tables }) => new Map(tables.map((table) => [table.name, table.rows]))),
    rows,
  );
  const known = new Set(scans.flatMap(({ flaws = [] }) => flaws.map(({ what }) => what)));
  const lacking = [
    ...listed('missing', gone),
    ...listed('with less than half of the rows', shrunk),
    ...listed(
      'unreadable',
      restored.flaws.filter((what) => !known.has(what)),
    ),
  ];
  const against = instead ?? `compared with ${backups.map(({ id }) => id).join(' and ')}`;
  if (lacking.length === 0) return { database, message: `${read}; ${against}${instead ? '' : ', nothing is missing'}` };
  const message = `${lacking.join('; ')} (${read}; ${against})`;
  return { database, message, error: new RestoreTestFailedError(message) };
}

function listed(how: string, what: string[]): string[] {
  return what.length === 0 ? [] : [`${how}: ${shortened(what).join(', ')}`];
}

async function readAt({ reader, restoreTests }: ValidatePlatform, { created }: RestoreTest, database: string): Promise<RestoredInventory> {
  return reader.read({ database, ...(await restoreTests.addressOf(created)) });
}

function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/**
 * Reads the scans of the last good backup before a recovery point and of the first one after it: what both have, the
 * recovery point had. Without one before there is none, as a later table may not have been there yet.
 */
async function scansAround(
  { catalogue, vault }: ValidatePlatform,
  database: string,
  at: Date,
): Promise<{ backups: Backup[]; scans: Scan[]; instead?: string }> {
  let after: Backup | undefined;
  for await (const backup of itemsOf((page) => catalogue.backups.list({ database, ...page }), usualLimit)) {
    if (!isGood(backup) || backup.stranger !== undefined) continue;
    if (Date.parse(backup.startedAt) > at.getTime()) {
      after = backup;
      continue;
    }
    const backups = after ? [backup, after] : [backup];
    try {
      const scans = [];
      for (const { manifest } of backups) scans.push(await readScan(vault, (await readManifest(vault, manifest)).scan));
      return { backups, scans };
    } catch (error) {
      if (!(error instanceof KeyMissingError)) throw error;
      return { backups, scans: [], instead: 'compared with nothing, as no identity opens the backups here' };
    }
  }
  return { backups: [], scans: [], instead: 'compared with nothing, as no good backup is older than the recovery point' };
}
