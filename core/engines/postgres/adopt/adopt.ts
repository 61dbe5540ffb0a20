import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { storageError } from '../../../bytes/storage-error.ts';
import type { Scan } from '../../../documents/scan.ts';
import { DumpMalformedError } from '../../../errors.ts';
import type { Foreign, ForeignDump, Work } from '../../engine.ts';
import { bytesOf } from '../../server/tool-dump.ts';
import { PostgresScanner } from '../script/scanner.ts';
import { Rewritten } from './rewritten.ts';
import { ScriptFacts } from './script-facts.ts';

/** Beginnings of an archive: in one file or a folder, and as a tar file, whose first file is the table of contents. */
const archiveMagics = ['PGDMP', 'toc.dat\0'].map((magic) => Buffer.from(magic));

/**
 * Reads a script of pg_dump, or an archive: in one file, a tar file or a folder. Only the dump speaks of its source: of
 * version, roles and extensions. The bytes that are kept are those of a script with COPY.
 */
export async function adopt(file: Foreign, work: Work): Promise<ForeignDump> {
  await using opening = new AsyncDisposableStack();
  const script = (await isArchive(file)) ? await scriptOf(file, opening, work) : file.read;
  const open = () => new Rewritten().from(file.limited(script()));
  const facts = new ScriptFacts();
  const scanner = new PostgresScanner(facts);
  let done = 0;
  for await (const chunk of open()) {
    scanner.write(chunk);
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
  for await (const chunk of read()) return archiveMagics.some((magic) => magic.equals(chunk.subarray(0, magic.length)));
  return false;
}

/** Returns the script that pg_restore makes of an archive, which it can read only from files. */
async function scriptOf({ files, read }: Foreign, opening: AsyncDisposableStack, { scratch, signal, tools }: Work): Promise<() => AsyncIterable<Uint8Array>> {
  const folder = await mkdtemp(join(scratch, 'adopt-')).catch((error: unknown) => {
    throw storageError(error, `make a temporary folder in ${scratch}`);
  });
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  for (const each of files ?? [{ name: 'archive', read }]) {
    const path = join(folder, each.name);
    await pipeline(each.read(), createWriteStream(path, { mode: 0o600, flags: 'wx' })).catch((error: unknown) => {
      throw storageError(error, `write ${path}`);
    });
  }
  const archive = files ? folder : join(folder, 'archive');
  const launch = await tools.client('pg_restore', signal);
  const failure = (status: number | NodeJS.Signals | null, said: string) =>
    new DumpMalformedError(`pg_restore cannot make a script of it (${status}): ${said.slice(-500) || 'it said nothing'}`);
  return () => bytesOf({ name: 'pg_restore', launch, args: ['--file=-', archive], env: { LC_ALL: 'C' }, failure }, signal);
}
