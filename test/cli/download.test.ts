import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { beforeEach, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { preparedProject, program, sauvegarde } from '../support/cli.ts';
import { flipByte } from '../support/flip-byte.ts';
import { filesIn } from '../support/folder.ts';
import { request } from '../support/platform.ts';
import { countRows } from '../support/sqlite.ts';

const dump = 'vault/app/2026/11/backup_20261122_020000Z.sqlite3.zst';
const own = 'backup_20261122_020000Z.sqlite3.zst';
const prepared = preparedProject({}, (platform) => runBackup(platform, request('2026-11-22T02:00:00Z', 'app'), new AbortController().signal));
let folder: string;
let stored: Buffer;

beforeEach(() => {
  folder = prepared();
  stored = readFileSync(join(folder, dump));
});

it('writes the stored bytes, verified, for this user alone, under their own name or the one that is given', async () => {
  const { status, stdout } = await sauvegarde(folder, ['download', 'app']);
  expect(status).toBe(0);
  expect(stdout).toContain(createHash('sha256').update(stored).digest('hex'));
  expect(readFileSync(join(folder, own))).toEqual(stored);
  expect(statSync(join(folder, own)).mode & 0o777).toBe(0o600);
  const named = await sauvegarde(folder, ['download', 'app-20261122_020000Z', 'here.zst', '--json']);
  expect(JSON.parse(named.stdout)).toEqual({
    backup: 'app-20261122_020000Z',
    file: join(folder, 'here.zst'),
    size: stored.length,
    sha256: createHash('sha256').update(stored).digest('hex'),
  });
  expect(readFileSync(join(folder, 'here.zst'))).toEqual(stored);
});

it('refuses to overwrite, and overwrites with --force', async () => {
  writeFileSync(join(folder, 'here.zst'), 'mine');
  const refused = await sauvegarde(folder, ['download', 'app', 'here.zst']);
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toMatch(/here\.zst already exists; nothing was changed\. Use --force to overwrite it/);
  expect(readFileSync(join(folder, 'here.zst'), 'utf8')).toBe('mine');
  expect((await sauvegarde(folder, ['download', 'app', 'here.zst', '--force'])).status).toBe(0);
  expect(readFileSync(join(folder, 'here.zst'))).toEqual(stored);
});

it('into a pipe decompresses to the database', async () => {
  execFileSync('sh', ['-c', '"$0" "$1" download app - | cat > piped.zst', process.execPath, program], { cwd: folder, stdio: 'pipe' });
  writeFileSync(join(folder, 'piped.sqlite3'), decompressed(join(folder, 'piped.zst')));
  expect(countRows(join(folder, 'piped.sqlite3'))).toEqual(countRows(join(folder, 'app.sqlite3')));
});

it('of bytes that have changed exits with 4 and leaves nothing', async () => {
  flipByte(join(folder, dump));
  const before = filesIn(folder);
  const toFile = await sauvegarde(folder, ['download', 'app', 'here.zst']);
  expect(toFile).toMatchObject({ status: 4, stdout: '' });
  expect(toFile.stderr).toMatch(/SHA-256 .* its bytes were changed\nThe stored bytes have changed\. Check the disk/);
  expect(filesIn(folder)).toEqual(before);
  expect((await sauvegarde(folder, ['download', 'app', '-'])).status).toBe(4);
});

it('leaves an existing file as it was when the bytes have changed, also with --force', async () => {
  flipByte(join(folder, dump));
  writeFileSync(join(folder, 'here.zst'), 'mine');
  expect((await sauvegarde(folder, ['download', 'app', 'here.zst', '--force'])).status).toBe(4);
  expect(readFileSync(join(folder, 'here.zst'), 'utf8')).toBe('mine');
});

it('into a folder that is not there exits with 1 and says so', async () => {
  const { status, stdout, stderr } = await sauvegarde(folder, ['download', 'app', 'nowhere/here.zst']);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/could not write .*nowhere\/here\.zst: there is no such file or folder \(ENOENT\)/);
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});

/** By the public tool where it is installed. */
function decompressed(file: string): Buffer {
  try {
    return execFileSync('zstd', ['-d', '-c', file]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return zstdDecompressSync(readFileSync(file));
  }
}
