import { createReadStream } from 'node:fs';
import { chmod, type FileHandle, open as openFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSizeOf } from '../../bytes/blocks.ts';
import { storageError } from '../../bytes/storage-error.ts';
import type { DatabaseOf, TargetOf } from '../../config/config.ts';
import type { Flaw } from '../../documents/flaw.ts';
import { differencesBetween, rowsOf, type Scan } from '../../documents/scan.ts';
import type { SourceIdentity } from '../../documents/source-identity.ts';
import { ConfigurationError, DumpMalformedError, SourceCorruptError } from '../../errors.ts';
import { secondsSince } from '../../time/elapsed.ts';
import { dumpUnderWay } from '../dump-under-way.ts';
import type { Dump, Engine, Foreign, ForeignDump, OpenedBackup, ProofResult, Restored, RestoreTarget, SourceFacts, Work } from '../engine.ts';
import { isAddress } from '../is-address.ts';
import type { Inspection } from './inspection.ts';
import { type Mount, pathBelow } from './mount.ts';
import { rehearse, sourceIn } from './rehearsal.ts';
import { takePlace } from './replace.ts';
import { answersOf, lastOf, runTool } from './run-tool.ts';
import { remove, temporaryFolder } from './temporary-folder.ts';

/** Makes the engine for files of this machine, or for those of a network file system that is mounted here. */
export function sqliteEngineOn(mount?: Mount): Required<Engine> {
  return {
    examine: async ({ file }: DatabaseOf<'sqlite'>, work: Work): Promise<SourceFacts> => runTool('examine', await located(file, mount), work),
    dump: (database: DatabaseOf<'sqlite'>, work: Work) => dump(database, mount, work),
    prove,
    restore,
    open,
    adopt,
    rehearse: (_, work) => rehearse({ dump: (database, own) => dump(database as DatabaseOf<'sqlite'>, undefined, own), prove }, work),
    addressOf: async ({ file }: TargetOf<'sqlite'>) => file,
  };
}

export const sqliteEngine: Required<Engine> = sqliteEngineOn();

/** Returns the path of a source, and the word by which the tool knows one that is mounted. */
async function located(file: string, mount: Mount | undefined): Promise<[string, ...'mounted'[]]> {
  return mount ? [await pathBelow(mount, file), 'mounted'] : [file];
}

/**
 * Copies the source in one step, then reads the copy twice at once: its bytes into the vault, its pages into the scan.
 * If no proof may follow, checks the copy as fully as a proof would.
 */
async function dump({ file: name, proof }: DatabaseOf<'sqlite'>, mount: Mount | undefined, work: Work): Promise<Dump> {
  const [file, ...where] = await located(name, mount);
  await using opening = new AsyncDisposableStack();
  const folder = await temporaryFolder(work, 'dump-');
  opening.defer(() => remove(folder));
  const copy = join(folder, 'copy.sqlite3');
  const isProven = proof === 'every';
  const answers = answersOf('dump', [file, copy, isProven ? 'quick' : 'full', ...where], work);
  await watchingGrowth(copy, await sizeOf(file), work, () => answers.next());
  const inspection = lastOf(answers as AsyncIterable<Inspection>);
  const inspected = inspection.catch(() => undefined); // its error is thrown where the stream ends
  opening.defer(async () => void (await inspected));
  async function* written(): AsyncGenerator<Uint8Array, Scan> {
    yield* readFile(copy, 'dump', work);
    const { scan, damage, flaws } = await inspection;
    if (damage.length > 0) throw new SourceCorruptError(`${file} is damaged: ${damage.join('; ')}`);
    return isProven || flaws.length === 0 ? scan : { ...scan, flaws: flaws.map(whole) };
  }
  return dumpUnderWay(written, opening.move(), await identityOf(file, mount ? `file ${name} of ${mount.name}` : `file ${file}`));
}

/**
 * Returns the identity of a file: its path, which survives VACUUM and a restore that replaces it. A file that was moved
 * is known by its inode and the instant of its birth, which NFS does not tell.
 */
async function identityOf(file: string, mark: string): Promise<SourceIdentity> {
  try {
    const { ino, birthtimeNs } = await stat(file, { bigint: true });
    return { mark, ...(birthtimeNs > 0n && { also: [`inode ${ino} of ${birthtimeNs}`] }) };
  } catch {
    return { mark }; // it was there for the copy; a restore may be replacing it
  }
}

async function prove(open: () => AsyncIterable<Uint8Array>, expected: Scan, work: Work): Promise<ProofResult> {
  const folder = await temporaryFolder(work, 'proof-');
  try {
    const restored = join(folder, 'restored.sqlite3');
    const begun = performance.now();
    await writeFile(restored, open(), expected.size, 'prove', work);
    const restoreSeconds = secondsSince(begun);
    const { scan, damage, flaws, unchecked, notes } = await inspectRestored(restored, work);
    const known = new Set(expected.flaws?.map(({ what }) => what));
    return {
      restoreSeconds,
      differences: [...damage, ...(scan ? differencesBetween(expected, scan) : [])],
      flaws: flaws.filter(({ what }) => !known.has(what)).map(whole),
      unproven: unchecked,
      notes,
    };
  } finally {
    await remove(folder);
  }
}

/** A file comes back as it was, so that nothing of a flawed one is left out. */
function whole(flaw: Flaw): Flaw {
  return { ...flaw, comesBack: true };
}

/** Inspects a restored file. A damaged one refutes the dump; it is no error of the proof. */
async function inspectRestored(file: string, work: Work): Promise<Omit<Inspection, 'scan'> & { scan?: Scan }> {
  try {
    return await runTool('inspect', [file, 'full'], work);
  } catch (error) {
    if (error instanceof SourceCorruptError) return { damage: [error.message], flaws: [], unchecked: [], notes: [] };
    throw error;
  }
}

async function restore(open: () => AsyncIterable<Uint8Array>, expected: Scan, { into, force, now, ...without }: RestoreTarget, work: Work): Promise<Restored> {
  // it may hold a password, so that no message repeats it
  if (isAddress(into)) throw new ConfigurationError('the target is an address, but this backup is a SQLite file; name a file to restore into');
  if (without.withoutOwners || without.withoutPrivileges)
    throw new ConfigurationError('--no-owner and --no-privileges are for servers: a SQLite file knows no owners and grants; restore without them');
  if (without.withRoles) throw new ConfigurationError('--with-roles is for servers: a SQLite file knows no roles; restore without it');
  await using place = await takePlace(into, { force, now });
  await writeFile(place.aside, open(), expected.size, 'restore', work);
  const { scan, damage } = await runTool('inspect', [place.aside, 'quick'], work);
  const wrong = [...damage, ...differencesBetween(expected, scan)];
  if (wrong.length > 0) throw new SourceCorruptError(`the restored database differs from the backup: ${wrong.join('; ')}`);
  const { replaced, note } = await place.moveIn();
  return {
    into,
    tables: scan.tables.length,
    rows: rowsOf(scan),
    notes: [...(note === undefined ? [] : [note]), ...(without.without ?? []).map(({ what }) => `as in the source: ${what}`)],
    ...(replaced && { replaced }),
  };
}

/** Restores into a file that only this user may read, in a folder that is removed afterwards. */
async function open(dump: () => AsyncIterable<Uint8Array>, expected: Scan, _: readonly Flaw[], work: Work): Promise<OpenedBackup> {
  const folder = await temporaryFolder(work, 'open-');
  try {
    const file = join(folder, 'restored.sqlite3');
    const { tables, rows, notes } = await restore(dump, expected, { into: file, force: false, now: new Date() }, work);
    await chmod(file, 0o400);
    return {
      address: file,
      command: `sqlite3 -readonly '${file}'`,
      tables,
      rows,
      notes,
      narrow: async (choice) => {
        await chmod(file, 0o600);
        await runTool('narrow', [file, ...choice.tables], work);
        return sourceIn(file);
      },
      [Symbol.asyncDispose]: () => remove(folder),
    };
  } catch (error) {
    await remove(folder);
    throw error;
  }
}

/** Keeps a copy, which SQLite reads as fully as in a proof. */
async function adopt({ read }: Foreign, work: Work): Promise<ForeignDump> {
  const folder = await temporaryFolder(work, 'adopt-');
  try {
    const copy = join(folder, 'foreign.sqlite3');
    await writeFile(copy, read(), undefined, 'dump', work);
    const { scan, damage, flaws } = await runTool('inspect', [copy, 'full'], work);
    if (damage.length > 0) throw new SourceCorruptError(`it is damaged: ${damage.join('; ')}`);
    if ((await stat(copy)).size !== scan.size)
      throw new DumpMalformedError(`it has ${(await stat(copy)).size} bytes instead of ${scan.size}: it is not complete`);
    return {
      open: () => readFile(copy, 'dump', work),
      scan: flaws.length === 0 ? scan : { ...scan, flaws: flaws.map(whole) },
      [Symbol.asyncDispose]: () => remove(folder),
    };
  } catch (error) {
    await remove(folder);
    throw error;
  }
}

async function* readFile(file: string, step: 'dump', work: Work): AsyncGenerator<Uint8Array> {
  try {
    const { size } = await stat(file);
    let done = 0;
    for await (const chunk of createReadStream(file, { highWaterMark: readSizeOf(size) }) as AsyncIterable<Uint8Array>) {
      work.signal.throwIfAborted();
      done += chunk.byteLength;
      yield chunk;
      work.progress(step, done, size);
    }
  } catch (error) {
    throw storageError(error, `read the copy ${file}`);
  }
}

async function writeFile(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  size: number | undefined,
  step: 'dump' | 'prove' | 'restore',
  work: Work,
): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await openFile(path, 'wx', 0o600);
    let done = 0;
    for await (const chunk of bytes) {
      work.signal.throwIfAborted();
      for (let written = 0; written < chunk.byteLength; ) written += (await file.write(chunk, written)).bytesWritten;
      done += chunk.byteLength;
      work.progress(step, done, size);
    }
    await file.sync();
  } catch (error) {
    throw storageError(error, `write ${path}`);
  } finally {
    await file?.close();
  }
}

/** Reports progress by the size of the growing copy, because an online backup in one step reports none. */
async function watchingGrowth(file: string, expected: number | undefined, work: Work, running: () => Promise<unknown>): Promise<void> {
  const timer = setInterval(async () => work.progress('copy', (await sizeOf(file)) ?? 0, expected), 200);
  try {
    await running();
  } finally {
    clearInterval(timer);
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch {
    return undefined; // not there yet; the tool reports what is wrong with a source
  }
}
