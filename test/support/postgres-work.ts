import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { type DatabaseOf, parseConfig } from '../../core/config/config.ts';
import type { Flaw } from '../../core/documents/flaw.ts';
import { verdictFrom } from '../../core/documents/proof.ts';
import type { Scan } from '../../core/documents/scan.ts';
import type { ProofResult, Work } from '../../core/engines/engine.ts';
import { postgresEngine } from '../../core/engines/postgres/engine.ts';
import type { Selection } from '../../core/engines/postgres/selection.ts';
import { piece, testWork } from './engine-work.ts';
import { query, type ServerAddress } from './postgres-server.ts';
import { newDatabase } from './postgres-servers.ts';

export interface Address {
  user?: string;
  password?: string;
  host?: string;
  port?: number;
  /** What follows the `?`; by default, no TLS: a handshake costs as much as the program that makes it. */
  parameters?: Record<string, string>;
}

/** The URL of a database on a test server; the superuser's unless told otherwise. */
export function urlOf(
  server: ServerAddress,
  database: string,
  { user = server.user, password = server.password, host = server.host, port = server.port, parameters = { sslmode: 'disable' } }: Address = {},
): string {
  const query = new URLSearchParams(parameters).toString();
  return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}${query ? `?${query}` : ''}`;
}

/** The configuration of a PostgreSQL source, every default filled in. */
export function postgresSource(url: string, choices: Partial<Selection> = {}): DatabaseOf<'postgres'> {
  const { main } = parseConfig({ databases: { main: { engine: 'postgres', connection: { url }, ...choices } } }, 'the test').databases;
  if (main?.engine !== 'postgres') throw new Error('no database is configured');
  return main;
}

export interface Dumped {
  bytes: Buffer;
  scan: Scan;
}

/** Dumps a database to the end and returns its bytes and what was learnt. */
export async function postgresDump(url: string, work: Work = testWork(), choices: Parameters<typeof postgresSource>[1] = {}): Promise<Dumped> {
  await using dumping = await postgresEngine.dump(postgresSource(url, choices), work);
  const chunks: Uint8Array[] = [];
  for await (const chunk of dumping.bytes) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), scan: dumping.scan() };
}

/** What restoring a dump into a scratch server shows. */
export function postgresProof({ bytes, scan }: Dumped, work: Work = testWork()): Promise<ProofResult> {
  return postgresEngine.prove(() => piece(bytes), scan, work);
}

/** Dumps a database of its own with these contents. */
export async function dumpedFrom(server: ServerAddress, sql: string): Promise<Dumped> {
  const database = await newDatabase(server);
  await query(server, sql, { database });
  return postgresDump(urlOf(server, database));
}

/** What a backup and its proof say together. */
export async function judged(dump: Dumped, work = testWork()) {
  const proof = await postgresProof(dump, work);
  const findings = { ...proof, flaws: [...(dump.scan.flaws ?? []), ...proof.flaws], unproven: [...(dump.scan.omitted ?? []), ...proof.unproven] };
  return { ...findings, verdict: verdictFrom(findings) };
}

/** Restores into a database of its own, and returns its name. */
export async function restored(server: ServerAddress, dump: Dumped, without: Flaw[] = []): Promise<string> {
  const database = await newDatabase(server);
  await restoredInto(server, dump, { without, database });
  return database;
}

/** Restores into a database of its own unless one is given, and returns what the restore tells. */
export async function restoredInto(
  server: ServerAddress,
  { bytes, scan }: Dumped,
  { database, ...choices }: { database?: string; without?: Flaw[]; tolerant?: boolean; withoutOwners?: boolean } = {},
) {
  const into = urlOf(server, database ?? (await newDatabase(server)));
  return await postgresEngine.restore(() => piece(bytes), scan, { into, force: false, now: new Date(), ...choices }, testWork());
}

/** Where something can be added to a dump. */
export const mark = '--\n-- PostgreSQL database dump complete';

/** The dump with one piece of its text replaced; its scan is the source's still. */
export function altered({ bytes, scan }: Dumped, from: string, to: string): Dumped {
  const text = bytes.toString('latin1');
  if (!text.includes(from)) throw new Error(`the dump has no ${from}`);
  const other = text.replace(from, () => to);
  return { bytes: Buffer.from(other, 'latin1'), scan };
}

/** A role that can log in; dropped when the test has finished and the databases made after it are gone. Returns its name. */
export async function newRole(
  server: ServerAddress,
  { name = `role_${randomBytes(6).toString('hex')}`, options = '' }: { name?: string; options?: string } = {},
): Promise<string> {
  await query(server, `CREATE ROLE ${identifier(name)} LOGIN ${options}`);
  onTestFinished(() => query(server, `DROP ROLE ${identifier(name)}`).then(() => undefined));
  return name;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
