import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { pack, unpack } from '../../../../../core/engines/server/scratch/packed-folder.ts';
import { filesIn, temporaryFolder } from '../../../../support/folder.ts';

function filled(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'a/b/text'), 'é\n'.repeat(3000));
  writeFileSync(join(folder, 'a.first'), '');
  writeFileSync(join(folder, 'zeros'), Buffer.alloc(5_000_000));
  writeFileSync(join(folder, 'z'), Buffer.concat([Buffer.alloc(2_000_000, 7), Buffer.alloc(2_000_000), Buffer.from('end')]));
  return folder;
}

it('gives a folder back with every byte, readable by its owner alone, and on as much of the disk; zeros are not packed', async () => {
  const [from, to] = [filled(), temporaryFolder()];
  await unpack(Buffer.concat([...pack(from)]), to, undefined);
  expect(readdirSync(to, { recursive: true }).sort()).toEqual(readdirSync(from, { recursive: true }).sort());
  for (const path of filesIn(from)) {
    expect(readFileSync(join(to, path)).equals(readFileSync(join(from, path))), path).toBe(true);
    expect(statSync(join(to, path)).mode & 0o777).toBe(0o600);
  }
  expect(statSync(join(to, 'a/b')).mode & 0o777).toBe(0o700);
  for (const path of ['zeros', 'z']) expect(statSync(join(to, path)).blocks).toBe(statSync(join(from, path)).blocks);
  expect(packed(pack(from)).length).toBeLessThan(2000);
});

/** Frames as `pack` writes them, joined. */
const packed = (frames: Iterable<Uint8Array>) => Buffer.concat([...frames]);

it.each<[string, (frames: Uint8Array[]) => Uint8Array[]]>([
  ['that is empty', () => []],
  ['that ends in its list', ([list = Buffer.alloc(0)]) => [list.subarray(0, 50)]],
  ['that ends in a length', (frames) => [...frames, Buffer.alloc(2)]],
  ['that ends in a frame', (frames) => [...frames.slice(0, -1), (frames.at(-1) as Uint8Array).subarray(0, -1)]],
  ['that lacks a frame', (frames) => frames.slice(0, -1)],
  ['that goes on', (frames) => [...frames, ...frames.slice(-1)]],
  ['of other bytes', () => [Buffer.from('no frames, but some text')]],
])('refuses one %s', async (_, damage) => {
  const frames = [...pack(filled())];
  expect(frames.length).toBeGreaterThan(2);
  await expect(unpack(packed(damage(frames)), temporaryFolder(), undefined)).rejects.toThrow(SyntaxError);
});

it('refuses one with a wrong bit, wherever', async () => {
  const whole = packed(pack(filled()));
  for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 50)) {
    const wrong = Buffer.from(whole);
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    await expect(unpack(wrong, temporaryFolder(), undefined), `byte ${at}`).rejects.toThrow();
  }
});

it('writes nothing outside of its folder', async () => {
  const parent = temporaryFolder();
  mkdirSync(join(parent, 'from/..x'), { recursive: true });
  writeFileSync(join(parent, 'from/..x/y'), 'y');
  const frame = zstdCompressSync(JSON.stringify([{ path: '../planted', size: 0, ranges: [] }]));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  await expect(unpack(Buffer.concat([length, frame]), join(parent, 'from'), undefined)).rejects.toThrow('outside of its folder');
  await unpack(packed(pack(join(parent, 'from'))), temporaryFolder(), undefined); // a name that only begins so
  expect(readdirSync(parent)).toEqual(['from']);
});

it('packs nothing that is neither file nor folder', () => {
  const folder = filled();
  symlinkSync('/etc/passwd', join(folder, 'link'));
  expect(() => [...pack(folder)]).toThrow('link is neither a file nor a folder');
});
