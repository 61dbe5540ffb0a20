import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { RecipeError } from './errors.ts';

/**
 * Unpacks a package's files into an existing folder, as this user's own; nothing of it is run. When it fails, no
 * program of it is still running.
 */
export async function unpackDeb(deb: string, folder: string, signal: AbortSignal): Promise<void> {
  const { name, offset, size } = await dataMember(deb);
  // Node cannot decompress xz; on Debian dpkg-deb can when xz-utils are not installed
  const hasXz = isOnPath('xz');
  if (name === 'data.tar.xz' && !hasXz && !isOnPath('dpkg-deb')) throw new RecipeError(`xz is needed to unpack ${deb}: install xz-utils`);
  await using file = await open(deb);
  const packed = () => file.createReadStream({ start: offset, end: offset + size - 1, autoClose: false, highWaterMark: 256 * 1024 });
  const tar = start('tar', ['--extract', '--file', '-', '--directory', folder, '--no-same-owner'], deb, signal);
  const into = tar.child.stdin;
  if (name === 'data.tar') await together(tar.ended, feed(into, packed()));
  else if (name === 'data.tar.gz') await together(tar.ended, feed(into, packed(), createGunzip()));
  else if (name === 'data.tar.zst') await together(tar.ended, feed(into, packed(), createZstdDecompress()));
  else if (name === 'data.tar.xz') {
    const unxz = hasXz ? start('xz', ['--decompress', '--stdout'], deb, signal) : start('dpkg-deb', ['--fsys-tarfile', deb], deb, signal);
    await together(tar.ended, unxz.ended, hasXz ? feed(unxz.child.stdin, packed()) : undefined, feed(into, unxz.child.stdout));
  } else {
    into.end();
    await together(tar.ended);
    throw new RecipeError(`${deb} is packed in a way that is not known: ${name}`);
  }
}

/**
 * A program that has seen the end of its archive closes its input without reading the padding behind; whether all was
 * well is in its exit status.
 */
async function feed(into: Writable, from: Readable, ...through: Duplex[]): Promise<void> {
  try {
    await pipeline([from, ...through, into]);
  } catch (error) {
    if (!['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * Waits for all, then throws the first that failed: the end of a program says more than the broken pipe that it left.
 */
async function together(...parts: (Promise<void> | undefined)[]): Promise<void> {
  const ends = await Promise.allSettled(parts);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}

function start(command: string, args: string[], deb: string, signal: AbortSignal) {
  const child = spawn(command, args, { stdio: 'pipe', signal, killSignal: 'SIGKILL' });
  return { child, ended: ended(child, command, deb) };
}

async function ended(child: ChildProcessWithoutNullStreams, name: string, deb: string): Promise<void> {
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-500);
  });
  const status = await new Promise<number | string | null>((resolve) =>
    child
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? 'it is not installed' : error.message))
      .on('close', (code, killer) => resolve(code ?? killer)),
  );
  if (status !== 0) throw new RecipeError(`${name} could not unpack ${deb} (${status}): ${complaint.trim() || 'it said nothing'}`);
}

/** A .deb is an ar archive of `debian-binary`, `control.tar…` and `data.tar…`: deb(5). */
async function dataMember(deb: string): Promise<{ name: string; offset: number; size: number }> {
  await using file = await open(deb);
  const { size: end } = await file.stat();
  const header = Buffer.alloc(60);
  await file.read(header, 0, 8, 0);
  if (header.toString('latin1', 0, 8) !== '!<arch>\n') throw new RecipeError(`${deb} is not a Debian package`);
  for (let at = 8; at + 60 <= end; ) {
    await file.read(header, 0, 60, at);
    const name = header.toString('latin1', 0, 16).trimEnd().replace(/\/$/, '');
    const size = Number(header.toString('latin1', 48, 58).trimEnd());
    if (header.toString('latin1', 58, 60) !== '`\n' || !Number.isInteger(size) || at + 60 + size > end) break;
    if (name.startsWith('data.tar')) return { name, offset: at + 60, size };
    at += 60 + size + (size % 2);
  }
  throw new RecipeError(`${deb} is a damaged Debian package`);
}
