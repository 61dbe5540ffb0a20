import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Scan } from '../../../documents/scan.ts';
import { DumpMalformedError, storageError } from '../../../errors.ts';
import type { Foreign, ForeignDump, Work } from '../../engine.ts';
import { bytesOf } from '../../server/tool-dump.ts';
import { PostgresScanner } from '../script/scanner.ts';
import { ScriptFacts } from './script-facts.ts';

/** Longest statement, in bytes: it is held in memory, and read again with every chunk until its end has come. */
const longestStatement = 32 * 1024 * 1024;
const archiveMagic = Buffer.from('PGDMP');

/** Reads a script of pg_dump, or an archive. Only the dump speaks of its source: of version, roles and extensions. */
export async function adopt(file: Foreign, work: Work): Promise<ForeignDump> {
  await using opening = new AsyncDisposableStack();
  const open = (await isArchive(file)) ? await scriptOf(file, opening, work) : file.read;
  const facts = new ScriptFacts();
  const scanner = new PostgresScanner(facts);
  let done = 0;
  for await (const chunk of file.limited(open())) {
    scanner.write(chunk);
    if (scanner.waiting > longestStatement) throw new DumpMalformedError(`it has a statement of more than ${longestStatement} bytes`);
    done += chunk.byteLength;
    work.progress('dump', done);
  }
  const { foreignSchemas, ...learnt } = scanner.end();
  const { version, source } = facts.found(foreignSchemas);
  const scan: Scan = { format: 'sauvegarde-scan', version: 1, engine: 'postgres', product: { name: 'PostgreSQL', version }, ...learnt, source, warnings: [] };
  const opened = opening.move();
  return { open, scan, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function isArchive({ read }: Foreign): Promise<boolean> {
  for await (const chunk of read()) return archiveMagic.equals(chunk.subarray(0, archiveMagic.length));
  return false;
}

/** Returns the script that pg_restore makes of an archive, which it can read only from a file. */
async function scriptOf(file: Foreign, opening: AsyncDisposableStack, { scratch, signal, tools }: Work): Promise<() => AsyncIterable<Uint8Array>> {
  const folder = await mkdtemp(join(scratch, 'adopt-')).catch((error: unknown) => {
    throw storageError(error, `make a temporary folder in ${scratch}`);
  });
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const archive = join(folder, 'archive');
  await pipeline(file.read(), createWriteStream(archive, { mode: 0o600, flags: 'wx' })).catch((error: unknown) => {
    throw storageError(error, `write ${archive}`);
  });
  const launch = await tools.client('pg_restore', signal);
  const failure = (status: number | NodeJS.Signals | null, said: string) =>
    new DumpMalformedError(`pg_restore cannot make a script of it (${status}): ${said.slice(-500) || 'it said nothing'}`);
  return () => bytesOf({ name: 'pg_restore', launch, args: ['--file=-', archive], env: { LC_ALL: 'C' }, failure }, signal);
}
