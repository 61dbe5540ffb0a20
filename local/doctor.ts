import { existsSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storageError } from '../core/bytes/storage-error.ts';
import { isOfFuture } from '../core/catalogue/backups.ts';
import { all } from '../core/catalogue/page.ts';
import { catalogueFile } from '../core/catalogue/sqlite/catalogue.ts';
import { cardOf } from '../core/engines/cards.ts';
import { withoutNetwork } from '../core/engines/server/scratch/network.ts';
import { DocumentInvalidError, StorageFullError } from '../core/errors.ts';
import { counted, sizeText } from '../core/figures.ts';
import { SmtpMailer } from '../core/mail/smtp.ts';
import { refuseOtherVault } from '../core/operations/keeping/soundness.ts';
import { standingOf } from '../core/operations/keeping/standing.ts';
import { verifyAudit } from '../core/operations/orders/audit.ts';
import { examined, type Finding, tried } from '../core/operations/orders/check.ts';
import { checkKeys } from '../core/operations/orders/check-keys.ts';
import { hourBefore } from '../core/policy/watch/overdue.ts';
import { isServed, slotsOf } from '../core/time/slots.ts';
import { waitsInVain } from './answering-vault.ts';
import { isDemonstrationToCome } from './demonstration.ts';
import type { LocalPlatform } from './open-platform.ts';

/**
 * Multiple of the source's size below which a backup can fail for lack of space: a dump needs its copy, and the vault
 * as much again at most.
 */
const roomFactor = 2;

/** Checks everything that a backup needs. Dumps and makes nothing. */
export async function examine(platform: LocalPlatform, signal: AbortSignal): Promise<Finding[]> {
  const sources = await Promise.all(Object.keys(platform.config.databases).map((name) => source(platform, name, signal)));
  const { vault } = platform.config.local;
  const needed = Math.max(0, ...sources.map(({ size }) => size));
  return [
    { check: 'configuration', state: 'ok', found: `${counted(sources.length, 'database')}, times in ${platform.config.timeZone}` },
    { check: 'tools', state: 'ok', found: `Node ${process.versions.node}, SQLite ${process.versions.sqlite}` },
    ...sources.flatMap(({ findings }) => findings),
    ...(await vaultOf(platform)),
    ...(typeof vault === 'string' && !waitsInVain() ? [await tried('space for backups', () => room(vault, needed))] : []),
    ...(await copiesOf(platform)),
    ...(platform.config.encryption ? await checkKeys(platform) : []),
    await tried('space for copies', () => room(platform.state, needed)),
    ...(await networkOfProofs(platform)),
    service(platform),
    await mail(platform),
    await auditLog(platform),
    ...(await incidents(platform)),
  ];
}

/** Writes into the vault. Reports, for a bucket, which promise rests on what. */
async function vaultOf(platform: LocalPlatform): Promise<Finding[]> {
  const check = 'vault';
  const more: string[] = [];
  const first = await tried(check, async () => {
    await refuseOtherVault(platform);
    const [found = '', ...others] = await platform.vault.probe();
    more.push(...others);
    return found;
  });
  return [first, ...more.map((found): Finding => ({ check, state: 'ok', found }))];
}

/** Writes into every copy. The copying itself tells of one that has become empty. */
function copiesOf({ copies }: LocalPlatform): Promise<Finding[]> {
  return Promise.all(
    copies.map(({ place, vault }) =>
      tried('copy', async () => {
        await vault.probe();
        return `${place} can be written`;
      }),
    ),
  );
}

async function source(platform: LocalPlatform, name: string, signal: AbortSignal): Promise<{ size: number; findings: Finding[] }> {
  const database = platform.config.databases[name];
  if (!database) return { size: 0, findings: [] };
  if ('file' in database && (await isDemonstrationToCome(platform, name, database.file)))
    return { size: 0, findings: [{ check: `database ${name}`, state: 'ok', found: `${database.file}: a demonstration, made at the first start` }] };
  const { size, findings } = await examined(platform, name, database, signal);
  const newest = await newestOf(platform, name);
  return { size, findings: [...findings, newest] };
}

/** Reports the newest backup. If it is older than the slot that was last due, a backup is missing. */
async function newestOf({ catalogue, clock, config }: LocalPlatform, name: string): Promise<Finding> {
  const check = `backup of ${name}`;
  const { lastGood: last } = await standingOf({ catalogue }, name);
  if (!last) return { check, state: 'warning', found: 'none yet; "sauvegarde backup" makes one' };
  const now = clock.now();
  if (isOfFuture(last, now))
    return {
      check,
      state: 'warning',
      found: `${last.id} is dated in the future: the clock was wrong when it was made, or is wrong now. It displaces no other`,
    };
  const hours = Math.floor((now.getTime() - Date.parse(last.startedAt)) / 3_600_000);
  const due = slotsOf(config).due(hourBefore(now));
  const late = due.some((slot) => slot.database === name && !isServed(slot, { lastGood: last }));
  return {
    check,
    state: late ? 'warning' : 'ok',
    found: `${last.id}, ${hours} h old, proof: ${last.proof.verdict}${late ? '; a newer one was due: is "sauvegarde local" running?' : ''}`,
  };
}

/** Reports the space for a folder, which may have to be made first. */
async function room(folder: string, needed: number): Promise<string> {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  try {
    await access(`${there}/.`, constants.W_OK);
  } catch (error) {
    throw storageError(error, there === folder ? `write to ${folder}` : `make the folder ${folder}`);
  }
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  if (free < roomFactor * needed)
    throw new StorageFullError(`${sizeText(free)} are free in ${folder}; the largest database has ${sizeText(needed)}, and twice that is needed`);
  return `${sizeText(free)} are free in ${folder}`;
}

/** Reports if nothing here can be serving the schedules. */
function service({ presence }: LocalPlatform): Finding {
  if (presence.others().some(({ alive }) => alive)) return { check: 'service', state: 'ok', found: 'another Sauvegarde is at work here' };
  return {
    check: 'service',
    state: 'warning',
    found: 'no "sauvegarde local" runs here, so no schedule is served; "sauvegarde service" prints a systemd unit for it',
  };
}

/** Reports what a restored database could reach while its backup is proven. A file's is restored into a file. */
async function networkOfProofs({ config }: LocalPlatform): Promise<Finding[]> {
  if (Object.values(config.databases).every(({ engine, proof }) => cardOf(engine).reach.by === 'file' || proof === 'off')) return [];
  const check = 'network of proofs';
  const start = await withoutNetwork();
  if (!('refusal' in start)) return [{ check, state: 'ok', found: 'none: a scratch server reaches nothing outside of it' }];
  return [
    {
      check,
      state: 'warning',
      found: `this system gives a scratch server no network of its own (${start.refusal}): what is restored into it could open connections from this machine. See "A database that connects elsewhere" in docs/threat-model.md`,
    },
  ];
}

async function mail({ config, mailer, state }: LocalPlatform): Promise<Finding> {
  if (config.administrators.length === 0)
    return { check: 'mail', state: 'warning', found: 'no administrators are configured: nobody gets mail when a backup fails' };
  if (!(mailer instanceof SmtpMailer))
    return { check: 'mail', state: 'warning', found: `no mail server is configured (local.mail.smtp): mails are only written to ${state}/outbox` };
  return tried('mail', async () => {
    await mailer.check({ from: config.sender, to: config.administrators });
    return `the mail server takes the sender and the recipients (no mail was sent); alerts go to ${config.administrators.join(', ')}`;
  });
}

async function auditLog(platform: LocalPlatform): Promise<Finding> {
  const check = 'audit log';
  const checked = await tried(check, async () => {
    const { entries, faults } = await verifyAudit(platform, {});
    if (faults.length === 0) return `${counted(entries, 'entry', 'entries')}, none altered or removed`;
    throw new DocumentInvalidError(faults.join('; '));
  });
  if (checked.error !== 'DocumentInvalidError') return checked;
  return {
    check,
    state: 'wrong',
    found: `${checked.found}: another program than Sauvegarde changed ${platform.state}/${catalogueFile}. Trust no entry from there on, find out who changed it, and compare with a copy of that file`,
  };
}

async function incidents({ catalogue }: LocalPlatform): Promise<Finding[]> {
  return (await all((page) => catalogue.incidents.list(page))).map(({ database, kind, since, count, last }) => ({
    check: `incident`,
    state: 'wrong',
    found: `${database ?? 'the vault'}: ${kind} since ${since}, ${count}×: ${last.error.message}`,
    error: last.error.name,
  }));
}
