import { closeSync, fchownSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { blockSize, free, newBlock } from '../../../bytes/blocks.ts';
import type { Identity } from './identity.ts';

/*
 * A data directory has a thousand small files, and most of its bytes are space that a server has set aside: zeros,
 * which are left out. Node's asynchronous calls would take several times as long; between two frames, of about a
 * millisecond each, everything else has its turn.
 */

/**
 * A file and where its bytes are other than zero, or without a size a folder. The path is relative; a folder comes
 * before its contents.
 */
interface Entry {
  path: string;
  size?: number;
  ranges?: [from: number, to: number][];
}

/** Room for a frame's bytes, which never fill it: zlib makes more room when it has none left. */
const roomForFrame = blockSize + 1024;
/** Zeros of at least this length are left out when they begin at a multiple of it. */
const grain = 64 * 1024;
const zeros = Buffer.alloc(blockSize);

/**
 * Packs a folder into frames, each after its length in four bytes: one of JSON that lists the entries, then the bytes
 * of the files in that order. The frames are zstd's, with its checksums. Throws TypeError if anything but files and
 * folders is in it.
 */
export function* pack(folder: string): Generator<Uint8Array> {
  const block = newBlock();
  const entries = entriesOf(folder, block);
  yield framed(Buffer.from(JSON.stringify(entries)));
  let filled = 0;
  for (const { path, ranges = [] } of entries) {
    if (ranges.length === 0) continue;
    using file = opened(join(folder, path), 'r');
    for (const [from, to] of ranges) {
      for (let done = from; done < to; ) {
        const read = readSync(file.descriptor, block, filled, Math.min(to - done, blockSize - filled), done);
        if (read === 0) throw new TypeError(`${path} became shorter while it was packed`);
        done += read;
        filled += read;
        if (filled < blockSize) continue;
        yield framed(block);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield framed(block.subarray(0, filled));
}

function framed(bytes: Uint8Array): Uint8Array {
  const frame = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

function entriesOf(folder: string, block: Buffer): Entry[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry): Entry => {
    const whole = join(entry.parentPath, entry.name);
    const path = relative(folder, whole);
    if (entry.isDirectory()) return { path };
    if (!entry.isFile()) throw new TypeError(`${path} is neither a file nor a folder`);
    return { path, ...contentOf(whole, block) };
  });
  return entries.sort((one, other) => (one.path < other.path ? -1 : 1));
}

function contentOf(path: string, block: Buffer): Required<Pick<Entry, 'size' | 'ranges'>> {
  using file = opened(path, 'r');
  const ranges: [number, number][] = [];
  let size = 0;
  for (let read = -1; read !== 0; size += read) {
    read = readSync(file.descriptor, block, 0, grain, size);
    if (zeros.subarray(0, read).equals(block.subarray(0, read))) continue;
    const last = ranges.at(-1);
    if (last?.[1] === size) last[1] += read;
    else ranges.push([size, size + read]);
  }
  return { size, ranges };
}

/**
 * Writes a packed folder's entries into an empty folder, readable by `owner` alone (by default ourselves). Throws
 * SyntaxError, or zlib's error, if the bytes are not a packed folder's.
 */
export async function unpack(packed: Buffer, folder: string, owner: Identity | undefined): Promise<void> {
  const frames = framesOf(packed);
  const entries = JSON.parse(frames.next().value?.toString() ?? '') as Entry[];
  let rest: Buffer = Buffer.alloc(0);
  for (const { path, size, ranges = [] } of entries) {
    if (path.split(sep).includes('..')) throw new SyntaxError('an entry lies outside of its folder');
    const target = join(folder, path);
    if (size === undefined) {
      await mkdir(target, { mode: 0o700 });
      if (owner) await chown(target, owner.uid, owner.gid);
      continue;
    }
    using file = opened(target, 'wx');
    let end = 0;
    for (const [from, to] of ranges) {
      setAside(file.descriptor, end, from);
      end = to;
      for (let done = from; done < to; ) {
        if (rest.length === 0) {
          free(rest);
          await setImmediate();
          const { done: isOver, value } = frames.next();
          if (isOver) throw new SyntaxError('a packed folder ends too early');
          rest = value;
        }
        const written = writeSync(file.descriptor, rest, 0, Math.min(rest.length, to - done), done);
        done += written;
        rest = rest.subarray(written);
      }
    }
    setAside(file.descriptor, end, size);
    if (owner) fchownSync(file.descriptor, owner.uid, owner.gid);
  }
  if (rest.length > 0 || !frames.next().done) throw new SyntaxError('a packed folder goes on after its last file');
  free(rest);
}

/**
 * Writes zeros, and leaves no hole: a server that has set space aside for its log takes for granted that it is there.
 * On a full disk a hole would end MariaDB instead of the statement.
 */
function setAside(descriptor: number, from: number, to: number): void {
  for (let at = from; at < to; ) at += writeSync(descriptor, zeros, 0, Math.min(blockSize, to - at), at);
}

function* framesOf(packed: Buffer): Generator<Buffer, undefined> {
  for (let at = 0; at < packed.length; ) {
    const end = at + 4 + (at + 4 <= packed.length ? packed.readUInt32BE(at) : 0);
    if (end > packed.length || end === at + 4) throw new SyntaxError('a packed folder ends in a frame');
    yield zstdDecompressSync(packed.subarray(at + 4, end), { chunkSize: roomForFrame }); // a frame holds a block: nothing is joined
    at = end;
  }
  return undefined;
}

function opened(path: string, flags: 'r' | 'wx'): Disposable & { descriptor: number } {
  const descriptor = openSync(path, flags, 0o600);
  return { descriptor, [Symbol.dispose]: () => closeSync(descriptor) };
}
