import { statfs } from 'node:fs/promises';
import { isGood } from '../core/catalogue/backups.ts';
import { engines } from '../core/engines/engines.ts';
import { reasonOf, StorageFullError } from '../core/errors.ts';
import { SmtpMailer } from '../core/mail/smtp.ts';
import { workFor } from '../core/operations/work.ts';
import type { LocalPlatform } from './platform.ts';

export interface Finding {
  check: string;
  state: 'ok' | 'warning' | 'wrong';
  /** What was found; when it is wrong, the error's name leads to advice. */
  found: string;
  error?: string;
}

/** A dump needs its copy, and the vault some of it again; below this many times the source's size a backup can fail. */
const roomFactor = 2;

/** Looks at everything a backup needs, and dumps nothing. */
export async function examine(platform: LocalPlatform, signal: AbortSignal): Promise<Finding[]> {
  const sources = await Promise.all(Object.keys(platform.config.databases).map((name) => source(platform, name, signal)));
  const needed = Math.max(0, ...sources.map(({ size }) => size));
  return [
    { check: 'configuration', state: 'ok', found: `${sources.length} database${sources.length === 1 ? '' : 's'}, times in ${platform.config.timeZone}` },
    { check: 'tools', state: 'ok', found: `Node ${process.versions.node}, SQLite ${process.versions.sqlite}` },
    ...sources.flatMap(({ findings }) => findings),
    await tried('vault', async () => {
      await platform.vault.probe();
      return `${platform.config.local.vault} can be written`;
    }),
    await tried('space for backups', () => room(platform.config.local.vault, needed)),
    await tried('space for copies', () => room(platform.scratch, needed)),
    await mail(platform),
    ...(await incidents(platform)),
  ];
}

async function source(platform: LocalPlatform, name: string, signal: AbortSignal): Promise<{ size: number; findings: Finding[] }> {
  const database = platform.config.databases[name];
  if (!database) return { size: 0, findings: [] };
  let size = 0;
  const readable = await tried(`database ${name}`, async () => {
    const facts = await engines[database.engine].examine(database, workFor(platform, name, signal));
    size = facts.size;
    return `${database.file}: ${facts.product}, ${facts.tables} tables, ${megabytes(facts.size)}`;
  });
  const last = (await platform.catalogue.backups.list(name)).find(isGood);
  const age = last && (platform.clock.now().getTime() - Date.parse(last.publishedAt)) / 3_600_000;
  const newest: Finding = last
    ? { check: `backup of ${name}`, state: 'ok', found: `${last.id}, ${Math.floor(age ?? 0)} h old, proof: ${last.proof.verdict}` }
    : { check: `backup of ${name}`, state: 'warning', found: 'none yet; "sauvegarde backup" makes one' };
  return { size, findings: [readable, newest] };
}

async function room(folder: string, needed: number): Promise<string> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < roomFactor * needed)
    throw new StorageFullError(`${megabytes(free)} are free in ${folder}; the largest database has ${megabytes(needed)}, and twice that is needed`);
  return `${megabytes(free)} are free in ${folder}`;
}

async function mail({ config, mailer, state }: LocalPlatform): Promise<Finding> {
  if (config.administrators.length === 0)
    return { check: 'mail', state: 'warning', found: 'no administrators are configured: nobody is told when a backup fails' };
  if (!(mailer instanceof SmtpMailer))
    return { check: 'mail', state: 'warning', found: `no mail server is configured (local.mail.smtp): mails are only written to ${state}/outbox` };
  return tried('mail', async () => {
    await mailer.check();
    return `the mail server answers; alerts go to ${config.administrators.join(', ')}`;
  });
}

async function incidents({ catalogue }: LocalPlatform): Promise<Finding[]> {
  return (await catalogue.incidents.list()).map(({ database, kind, since, count, last }) => ({
    check: `incident`,
    state: 'wrong',
    found: `${database}: ${kind} since ${since}, ${count}×: ${last.error.message}`,
    error: last.error.name,
  }));
}

async function tried(check: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { check, state: 'ok', found: await work() };
  } catch (error) {
    const { name, message } = reasonOf(error);
    return { check, state: 'wrong', found: message, error: name };
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
