import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One file of a tree to be written. */
export interface Leaf {
  /** Relative, with slashes. */
  path: string;
  /** The file that it is a copy of, or what it says. */
  content: { file: string } | { text: string };
  executable: boolean;
  /** Changes the bytes on their way. */
  change?: (bytes: Buffer) => Buffer;
}

export interface WrittenFile {
  path: string;
  size: number;
  sha256: string;
  executable: boolean;
}

/**
 * Every file and folder has this instant, so that the same packages give the same tree, and the same zip, on every
 * machine.
 */
const instant = new Date('2000-01-01T00:00:00Z');

/**
 * Writes the leaves into an empty folder, in order of their paths, then the one that lists them; names, modes and times
 * depend on nothing but the leaves.
 */
export async function writeTree(folder: string, leaves: readonly Leaf[], listing: (files: WrittenFile[]) => Leaf): Promise<void> {
  const written: WrittenFile[] = [];
  const folders = new Set<string>();
  for (const leaf of [...leaves].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    for (let above = dirname(leaf.path); above !== '.' && !folders.has(above); above = dirname(above)) folders.add(above);
    written.push(await writeLeaf(folder, leaf));
  }
  await writeLeaf(folder, listing(written));
  // deepest first: writing into a folder changes its time
  for (const path of [...folders].sort().reverse()) await settle(join(folder, path), 0o755);
  await settle(folder, 0o755);
}

async function writeLeaf(folder: string, { path, content, executable, change }: Leaf): Promise<WrittenFile> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  const original = 'file' in content ? await readFile(content.file) : Buffer.from(content.text);
  const bytes = change ? change(original) : original;
  await writeFile(target, bytes, { flag: 'wx' });
  await settle(target, executable ? 0o755 : 0o644);
  return { path, size: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex'), executable };
}

/** Mode and time by themselves, as the mode given at creation is subject to the umask. */
async function settle(path: string, mode: number): Promise<void> {
  await chmod(path, mode);
  await utimes(path, instant, instant);
}
