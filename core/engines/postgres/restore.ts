import { startReading } from '../../bytes/tool.ts';
import { differencesBetween, rowsOf, type Scan } from '../../documents/scan.ts';
import { RefusedError, RestoreFailedError } from '../../errors.ts';
import type { Restored, RestoreTarget, Work } from '../engine.ts';
import { watched } from '../watched.ts';
import { connectionOf, placeOf } from './connection.ts';
import { outputSettings } from './dump.ts';
import { postgresError } from './failures.ts';
import { RestoreScript } from './restore-script.ts';
import { fitting } from './rulings.ts';
import { PostgresScanner } from './scanner.ts';
import { runScript } from './script-run.ts';
import { Session } from './session.ts';

interface TargetFacts {
  version: string;
  objects: number;
  roles: string[];
  extensions: string[];
}

const facts = `SELECT json_build_object('version', current_setting('server_version'),
  'objects', (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')),
  'roles', (SELECT json_agg(rolname) FROM pg_roles), 'extensions', (SELECT json_agg(name) FROM pg_available_extensions))`;

/** Restores into a database that exists, in one transaction that stops at the first error, and compares its rows with the scan by dumping it again. */
export async function restore(bytes: AsyncIterable<Uint8Array>, scan: Scan, { into, force }: RestoreTarget, work: Work): Promise<Restored> {
  const connection = connectionOf(into);
  const psql = await work.tools.client('psql', work.signal);
  const target = await factsOf(new Session(psql, connection, work.signal));
  refuse(target, scan, force);
  const script = new RestoreScript(fitting(Number.parseInt(target.version, 10), true));
  const { status, complaint } = await runScript(psql, connection, script.from(watched(bytes, 'restore', scan.size, work)), {
    whole: true,
    signal: work.signal,
  });
  if (status !== 0) throw new RestoreFailedError(`the restore was undone: ${complaint.split('\n').slice(0, 3).join(' ') || `psql ended with ${status}`}`);
  const pgDump = await work.tools.client('pg_dump', work.signal);
  const running = await startReading(pgDump, ['--format=plain', '--no-password'], { env: { ...connection, ...outputSettings }, signal: work.signal });
  const scanner = new PostgresScanner();
  for await (const block of running.blocks) scanner.write(block);
  if ((await running.ended) !== 0) throw postgresError('pg_dump of the restored database', await running.ended, running.complaint());
  const found: Scan = { ...scan, ...scanner.end() };
  const wrong = force ? [] : differencesBetween(scan, found);
  if (wrong.length > 0) throw new RestoreFailedError(`the restored database is not what was backed up: ${wrong.slice(0, 5).join('; ')}`);
  return { into: placeOf(into), tables: found.tables.length, rows: rowsOf(found), notes: complaint === '' ? [] : complaint.split('\n') };
}

async function factsOf(session: Session): Promise<TargetFacts> {
  try {
    return await session.json<TargetFacts>(facts);
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

function refuse({ objects, roles, extensions }: TargetFacts, { source }: Scan, force: boolean): void {
  if (objects > 0 && !force)
    throw new RefusedError(
      `the target is not empty: it has ${objects} tables, indexes, sequences or views. Name an empty database, or use --force to restore beside them`,
    );
  const noRoles = (source?.roles ?? []).filter((role) => !roles.includes(role));
  if (noRoles.length > 0) throw new RefusedError(`the target has no role ${noRoles.join(', ')}; make them first (CREATE ROLE …)`);
  const noExtensions = (source?.extensions ?? []).filter(({ name }) => !extensions.includes(name)).map(({ name }) => name);
  if (noExtensions.length > 0) throw new RefusedError(`the target's server has no extension ${noExtensions.join(', ')}; install them first`);
}
