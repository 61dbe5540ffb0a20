import { differencesBetween, type Scan } from '../../documents/scan.ts';
import { SourceUnreachableError, ToolFailedError } from '../../errors.ts';
import type { Launch } from '../../launch.ts';
import { postgresMajor } from '../../tools.ts';
import type { Finding, Work } from '../engine.ts';
import { watched } from '../watched.ts';
import { postgresError } from './failures.ts';
import { pgDump } from './pg-dump.ts';
import { RestoreScript } from './restore-script.ts';
import { sumsOf } from './row-sums.ts';
import { withoutSuperuser } from './rulings.ts';
import { type PostgresScan, PostgresScanner } from './scanner.ts';
import { ScratchServer } from './scratch-server.ts';
import { runScript } from './script-run.ts';
import { argumentsFor } from './selection.ts';

const superuser = 'sauvegarde_superuser';
const restorer = 'sauvegarde_restorer';
const database = 'restored';
/** Of psql's complaints; each is a line. */
const mostNotes = 20;

/**
 * Restores into a server of our own as a role that is not superuser, dumps that with the same tool and settings through the same scanner, and compares table by table. A table whose rows came back in another
 * order is compared again as a multiset. What the server cannot hold makes the proof partial.
 */
export async function prove(open: () => AsyncIterable<Uint8Array>, expected: Scan, work: Work): Promise<Finding> {
  const psql = await work.tools.client('psql', work.signal);
  await using server = await ScratchServer.start({ launch: await work.tools.server(work.signal), scratch: work.scratch, signal: work.signal, user: superuser });
  const scratch = new Scratch(server, psql, AbortSignal.any([work.signal, server.ended]));
  const unproven = await prepare(scratch, expected);
  const begun = performance.now();
  const whole = unproven.length === 0;
  const schemas = new Set(expected.source?.extensions.map(({ schema }) => schema));
  const script = new RestoreScript(withoutSuperuser(postgresMajor, { whole, schemas }));
  const restored = await scratch.run(script.from(watched(open(), 'prove', expected.size, work)), { user: restorer, whole });
  const restoreSeconds = (performance.now() - begun) / 1000;
  if (restored.failed && whole)
    return { restoreSeconds, differences: [`the restore stopped: ${restored.complaint.split('\n').slice(0, 3).join(' ')}`], unproven, notes: [] };
  const finishing = await scratch.run(finishingOf(script.later, expected.source?.roles ?? []), { user: superuser, whole: false });
  const differences = await compare(open, expected, () => scratch.dump(work, expected));
  const notes = `${restored.complaint}\n${finishing.complaint}`.split('\n').filter((line) => line !== '');
  return whole
    ? { restoreSeconds, differences, unproven, notes: notes.slice(0, mostNotes) }
    : { restoreSeconds, differences: [], unproven: [...unproven, ...differences], notes: notes.slice(0, mostNotes) };
}

/** The server that lives for one proof, as psql and pg_dump reach it. */
class Scratch {
  readonly #server: ScratchServer;
  readonly #psql: Launch;
  readonly #signal: AbortSignal;

  constructor(server: ScratchServer, psql: Launch, signal: AbortSignal) {
    this.#server = server;
    this.#psql = psql;
    this.#signal = signal;
  }

  /** Runs a script to its end, or to its first error when it is one transaction. */
  async run(
    script: AsyncIterable<Uint8Array>,
    { user, whole, into = database }: { user: string; whole: boolean; into?: string },
  ): Promise<{ failed: boolean; complaint: string }> {
    const { status, complaint } = await runScript(this.#psql, this.#connection(user, into), script, { whole, signal: this.#signal });
    // a server that was killed is noticed by psql before its own end is
    if (status !== 0 && postgresError('psql', status, complaint) instanceof SourceUnreachableError)
      throw new ToolFailedError(`the scratch server was lost: ${complaint}`);
    return { failed: status !== 0, complaint: complaint || (status === 0 ? '' : `psql ended with ${status}`) };
  }

  /** The restored database's dump by the options of the source's, block by block. */
  dump({ tools }: Work, { source }: Scan): AsyncGenerator<Uint8Array> {
    const args = source?.selection ? argumentsFor(source.selection) : [];
    return pgDump({ tools, signal: this.#signal }, this.#connection(superuser, database), args, { of: 'the restored database' });
  }

  #connection(user: string, name: string): Record<string, string> {
    return { ...this.#server.environment, PGUSER: user, PGDATABASE: name };
  }
}

/** Roles, the database with the source's encoding, and extensions. Returns what this server cannot hold. */
async function prepare(scratch: Scratch, { source }: Scan): Promise<string[]> {
  const roles = (source?.roles ?? []).map((role) => `CREATE ROLE ${identifier(role)};`);
  const encoding = literal(source?.encoding ?? 'UTF8');
  const made = await scratch.run(
    textOf([
      `CREATE ROLE ${restorer} LOGIN BYPASSRLS;`,
      ...roles,
      `CREATE DATABASE ${database} OWNER ${restorer} TEMPLATE template0 ENCODING ${encoding} LOCALE_PROVIDER libc LOCALE 'C';`,
    ]),
    { user: superuser, whole: false, into: 'postgres' },
  );
  const unproven = made.complaint === '' ? [] : [`preparing the scratch server: ${made.complaint}`];
  for (const { name, schema } of source?.extensions ?? []) {
    const said = await scratch.run(
      textOf([
        'SET client_min_messages = warning;',
        ...(schema === 'pg_catalog' ? [] : [`CREATE SCHEMA IF NOT EXISTS ${identifier(schema)} AUTHORIZATION ${restorer};`]),
        `CREATE EXTENSION ${identifier(name)} SCHEMA ${identifier(schema)} CASCADE;`,
      ]),
      { user: superuser, whole: true },
    );
    if (said.failed) unproven.push(`extension ${name} could not be made: ${said.complaint.split('\n')[0]}`);
  }
  // a superuser's extension makes wrappers that nobody else may use
  await scratch.run(
    textOf([
      `DO $$ DECLARE wrapper name; BEGIN FOR wrapper IN SELECT fdwname FROM pg_foreign_data_wrapper LOOP EXECUTE format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO ${restorer}', wrapper); END LOOP; END $$;`,
    ]),
    { user: superuser, whole: true },
  );
  return unproven;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function* textOf(statements: string[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${statements.join('\n')}\n`);
}

/**
 * What was put off is known only when the script has been read to its end. The dump's event triggers must not fire here: their functions are the dump's, and this is the superuser.
 * Only superusers may own event triggers; nobody can log in as the source's roles. That nothing can be replicated from here is no news.
 */
async function* finishingOf(later: RestoreScript['later'], roles: string[]): AsyncGenerator<Uint8Array> {
  yield* textOf([
    "SET client_encoding = 'UTF8';",
    'SET event_triggers = off;',
    'SET client_min_messages = error;',
    ...roles.map((role) => `ALTER ROLE ${identifier(role)} SUPERUSER;`),
  ]);
  yield* textOf(later.map(({ statement }) => statement));
}

/**
 * Order is not content: tables with as many rows but another digest are compared again by the sum of their rows' hashes. The scan has no such sums, so they are taken of the stored dump, whose own rows must then be
 * the scan's in the scan's order.
 */
async function compare(open: () => AsyncIterable<Uint8Array>, expected: Scan, redump: () => AsyncIterable<Uint8Array>): Promise<string[]> {
  const found: Scan = { ...expected, ...(await scanOf(redump())) };
  const there = new Map(found.tables.map((table) => [table.name, table]));
  const reordered = expected.tables.filter(({ name, rows, sha256 }) => there.get(name)?.rows === rows && there.get(name)?.sha256 !== sha256);
  if (reordered.length === 0) return differencesBetween(expected, found);
  const names = reordered.map(({ name }) => name);
  const stored = new Map((await scanOf(open())).tables.map(({ name, sha256 }) => [name, sha256]));
  const [before, after] = [await sumsOf(open(), names), await sumsOf(redump(), names)];
  const same = reordered.filter(({ name, sha256 }) => stored.get(name) === sha256 && before.get(name) === after.get(name));
  const digests = new Map(same.map(({ name, sha256 }) => [name, sha256]));
  return differencesBetween(expected, { ...found, tables: found.tables.map((table) => ({ ...table, sha256: digests.get(table.name) ?? table.sha256 })) });
}

async function scanOf(dump: AsyncIterable<Uint8Array>): Promise<PostgresScan> {
  const scanner = new PostgresScanner();
  for await (const block of dump) scanner.write(block);
  return scanner.end();
}
