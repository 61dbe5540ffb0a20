import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unpackDeb } from '../../layers/recipe/deb.ts';
import { temporaryFolder } from '../support/folder.ts';
import { never } from '../support/never.ts';
import { onlyOnPath } from '../support/only-on-path.ts';

/** A package with two files, made by dpkg-deb. */
function makeDeb(compression: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'tree', 'DEBIAN'), { recursive: true });
  mkdirSync(join(folder, 'tree', 'usr', 'bin'), { recursive: true });
  writeFileSync(join(folder, 'tree', 'DEBIAN', 'control'), 'Package: sample\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: a\n');
  writeFileSync(join(folder, 'tree', 'usr', 'bin', 'program'), Buffer.alloc(200_000, 'abc'));
  writeFileSync(join(folder, 'tree', 'usr', 'empty'), '');
  const deb = join(folder, 'sample.deb');
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', `-Z${compression}`, '--no-uniform-compression', join(folder, 'tree'), deb], { stdio: 'pipe' });
  return deb;
}

describe('a package', () => {
  it.each(['xz', 'zstd', 'gzip', 'none'])('compressed with %s is unpacked', async (compression) => {
    const folder = temporaryFolder();
    await unpackDeb(makeDeb(compression), folder, never);
    expect(readFileSync(join(folder, 'usr/bin/program'))).toEqual(Buffer.alloc(200_000, 'abc'));
    expect(readFileSync(join(folder, 'usr/empty'), 'utf8')).toBe('');
  });

  it.each(['xz', 'zstd', 'gzip'])('compressed with %s is refused when its data are damaged', async (compression) => {
    const deb = makeDeb(compression);
    const bytes = readFileSync(deb);
    bytes.fill(0x55, bytes.indexOf('data.tar') + 60 + 16, bytes.indexOf('data.tar') + 60 + 60);
    writeFileSync(deb, bytes);
    await expect(unpackDeb(deb, temporaryFolder(), never)).rejects.toThrow();
  });

  it.each([0, 7, 30, 100, 200, 400])('is refused when it ends after %i bytes', async (size) => {
    const deb = makeDeb('xz');
    writeFileSync(deb, readFileSync(deb).subarray(0, size));
    await expect(unpackDeb(deb, temporaryFolder(), never)).rejects.toThrow(/Debian package/);
  });

  it('names what unpacks it when the machine has neither xz nor dpkg-deb', async () => {
    const deb = makeDeb('xz');
    onlyOnPath('tar');
    await expect(unpackDeb(deb, temporaryFolder(), never)).rejects.toThrow(/^xz is needed to unpack .*: install xz-utils$/);
  });
});
