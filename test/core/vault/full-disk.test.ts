import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StorageFullError } from '../../../core/errors.ts';
import { FolderVault } from '../../../core/vault/folder.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { inPieces, noise, streamOf } from '../../support/streams.ts';

const writer = new URL('write-two-mebibytes.ts', import.meta.url).pathname;

describe('a folder vault on a disk that fills up', () => {
  it('ends in a StorageFullError at a file-size limit, leaves nothing, and works when the limit is gone', () => {
    const root = join(temporaryFolder(), 'vault');
    // POSIX counts the limit in blocks of 512 bytes, bash in 1024: at most 1 MiB, less than the writer writes
    const limited = spawnSync('sh', ['-c', 'ulimit -f 1024; exec "$0" "$@"', process.execPath, writer, root], { encoding: 'utf8' });
    expect(limited.stdout).toBe(`source closed\nStorageFullError: could not write x into the vault ${root}: no space left (EFBIG)\n`);
    expect(limited).toMatchObject({ status: 0, signal: null });
    expect(readdirSync(root, { recursive: true })).toEqual(['.unfinished']);

    const free = spawnSync(process.execPath, [writer, root], { encoding: 'utf8' });
    expect(free).toMatchObject({ status: 0, stdout: 'source closed\nstored 2097152\n' });
    expect(readFileSync(join(root, 'x')).equals(noise(2 * 1024 * 1024))).toBe(true);
  });

  // only root may mount; for anybody else the limit above must do
  if (mayMount())
    it('ends in a StorageFullError when no block is left, keeps what was there, and works when there is room again', async () => {
      const disk = smallDisk();
      const vault = new FolderVault(join(disk, 'vault'), 'writer');
      await vault.create('first', streamOf([noise(600 * 1024)]));
      const failed = await vault.create('second', streamOf(inPieces(noise(600 * 1024), 10_007))).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(StorageFullError);
      expect(String(failed)).toContain('ENOSPC');
      expect((await vault.list('')).map(({ key, size }) => [key, size])).toEqual([['first', 600 * 1024]]);
      expect(readdirSync(join(disk, 'vault', '.unfinished'))).toEqual([]);

      await vault.retire('first');
      await vault.clean({ retired: new Date(Date.now() + 60_000), unfinished: new Date(0) });
      await vault.create('second', streamOf([noise(600 * 1024)]));
      expect((await vault.list('')).map(({ key }) => key)).toEqual(['second']);
    });
});

function mount(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'sauvegarde-test-'));
  try {
    if (!mount(folder)) return false;
    execFileSync('umount', [folder]);
    return true;
  } finally {
    rmdirSync(folder);
  }
}

/** A file system of one mebibyte. */
function smallDisk(): string {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  expect(mount(folder)).toBe(true);
  onTestFinished(() => {
    execFileSync('umount', [folder]);
  });
  return folder;
}
