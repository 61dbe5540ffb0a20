import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import type { Database } from '../core/config/config.ts';
import type { Surroundings } from '../core/operations/keeping/watch.ts';
import type { Expiry } from '../core/policy/watch/facts.ts';
import type { LocalPlatform } from './local-platform.ts';

/** Collects facts about this machine for watch: its disks, and the certificates in files. */
export async function surroundingsOf(platform: LocalPlatform): Promise<Surroundings> {
  const scratchBytes = await freeOn(platform.scratch);
  const expiries = await Promise.all(Object.values(platform.config.databases).map((database) => expiriesOf(platform, database)));
  return { free: await platform.vault.free(), limits: { ...(scratchBytes !== undefined && { scratchBytes }) }, expiries: expiries.flat() };
}

/** Returns the free bytes of a folder's disk; undefined if there is no such folder, which is found out elsewhere. */
async function freeOn(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Returns the end of the authorities in a file of the configuration. Those of Amazon RDS come with Sauvegarde. */
async function expiriesOf(platform: LocalPlatform, database: Database): Promise<Expiry[]> {
  const file = 'connection' in database ? await authoritiesOf(platform, database.connection) : undefined;
  if (file === undefined || file === 'rds') return [];
  try {
    const blocks = (await readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const ends = blocks.map((block) => new X509Certificate(block).validToDate.getTime());
    // a file of several works until its last one ends
    return ends.length > 0 ? [{ name: file, at: new Date(Math.max(...ends)) }] : [];
  } catch {
    return []; // a file that cannot be read fails the backup, which says so
  }
}

/** Returns the file of authorities that a connection names; undefined if it names none, or its address is not known. */
async function authoritiesOf({ reveal }: LocalPlatform, connection: Extract<Database, { connection: unknown }>['connection']): Promise<string | undefined> {
  if ('iam' in connection) return connection.iam.sslrootcert;
  if ('secret' in connection) return connection.sslrootcert;
  try {
    const { searchParams } = new URL(await reveal(connection.url));
    return searchParams.get('sslrootcert') ?? searchParams.get('ssl-ca') ?? undefined;
  } catch {
    return undefined;
  }
}
