import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileGoneError, MirrorUnreachableError, TamperedError } from './errors.ts';

/** What is known of a file before it is fetched. */
export interface Expected {
  sha256: string;
  size: number;
}

export interface Source {
  mirrors: readonly string[];
  signal: AbortSignal;
  /**
   * Seconds between attempts on all mirrors. Default: 1, 2, 4; a mirror that is being updated or restarted is back
   * within these 7 s or not soon.
   */
  pauses?: readonly number[];
}

const defaultPauses = [1, 2, 4];
/** A connection that brings nothing for so long is given up. */
const stallMilliseconds = 30_000;

/** Fetches a small file whose content is vouched for by a signature inside it; `limit` in bytes. */
export async function fetchText(path: string, source: Source, limit = 4 * 1024 * 1024): Promise<string> {
  return await fromAnyMirror(path, source, async (bytes) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.byteLength;
      if (size > limit) throw new TamperedError(`${path} is longer than ${limit} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  });
}

/**
 * Makes `file` be what is expected: checked again when it is there already, fetched otherwise (from the first of
 * `paths` that a mirror has), and put in its place only when it is right. Two processes may do this at once.
 */
export async function provideFile(file: string, paths: readonly string[], expected: Expected, source: Source): Promise<void> {
  if (await isAsExpected(file, expected, source.signal)) return;
  await mkdir(dirname(file), { recursive: true });
  for (const [index, path] of paths.entries()) {
    try {
      return await fromAnyMirror(path, source, (bytes) => store(bytes, file, path, expected));
    } catch (error) {
      if (!(error instanceof FileGoneError) || index === paths.length - 1) throw error;
    }
  }
}

async function isAsExpected(file: string, { sha256, size }: Expected, signal: AbortSignal): Promise<boolean> {
  try {
    if ((await stat(file)).size !== size) return false;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024, signal }) as AsyncIterable<Uint8Array>) hash.update(chunk);
    return hash.digest('hex') === sha256;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function store(bytes: AsyncIterable<Uint8Array>, file: string, path: string, { sha256, size }: Expected): Promise<void> {
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    const hash = createHash('sha256');
    let written = 0;
    {
      await using output = await open(partial, 'wx', 0o644);
      for await (const chunk of bytes) {
        written += chunk.byteLength;
        if (written > size) throw new TamperedError(`${path} is longer than the ${size} bytes that were promised`);
        hash.update(chunk);
        await output.writeFile(chunk);
      }
    }
    const found = hash.digest('hex');
    if (found !== sha256) throw new TamperedError(`${path} has SHA-256 ${found}, ${sha256} was promised`);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Asks each mirror in turn, all of them again after each pause. A file that every mirror says it has not is not asked
 * for again.
 */
async function fromAnyMirror<T>(
  path: string,
  { mirrors, signal, pauses = defaultPauses }: Source,
  take: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  let lacking = new Set<string>();
  let last: unknown;
  for (const pause of [...pauses, undefined]) {
    for (const mirror of mirrors.filter((each) => !lacking.has(each))) {
      try {
        return await fromMirror(`${mirror}/${path}`, signal, take);
      } catch (error) {
        signal.throwIfAborted();
        if (isOfThisMachine(error)) throw error;
        if (error instanceof FileGoneError) lacking = lacking.add(mirror);
        else last = error;
      }
    }
    if (lacking.size === mirrors.length) throw new FileGoneError(`no mirror has ${path} (asked: ${mirrors.join(', ')})`);
    if (pause !== undefined) await sleep(pause * 1000, undefined, { signal });
  }
  if (last instanceof TamperedError) throw last;
  throw new MirrorUnreachableError(
    `could not fetch ${path} from ${mirrors.join(', ')}: ${reasonIn(last)}. Check the network, or set SAUVEGARDE_DEB_MIRRORS to another mirror of Debian's archive`,
    { cause: last },
  );
}

async function fromMirror<T>(address: string, signal: AbortSignal, take: (bytes: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallMilliseconds / 1000} s`)), stallMilliseconds);
  try {
    const response = await fetch(address, { signal: AbortSignal.any([signal, stalled.signal]) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      if ([403, 404, 410].includes(response.status)) throw new FileGoneError(`${address} answered ${response.status}`);
      throw new Error(`${address} answered ${response.status}`);
    }
    const body: AsyncIterable<Uint8Array> = response.body;
    return await take(watched(body, () => timer.refresh()));
  } finally {
    clearTimeout(timer);
  }
}

async function* watched(bytes: AsyncIterable<Uint8Array>, arrived: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    arrived();
    yield chunk;
  }
}

/** A full or read-only disk is not mended by another mirror. */
function isOfThisMachine(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function reasonIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || ((error.cause as NodeJS.ErrnoException).code ?? error.message) : error.message;
}
