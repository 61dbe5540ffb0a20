import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { pack, unpack } from '../../../../../core/engines/server/scratch/packed-folder.ts';
import { filesIn, temporaryFolder } from '../../../../support/folder.ts';

/** In pieces of a size that no file and no line is a multiple of. */
async function* pieces(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

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

it('gives a folder back with every byte, readable by its owner alone, and without blocks for what is zero', async () => {
  const [from, to] = [filled(), temporaryFolder()];
  await unpack(pieces(await buffer(pack(from))), to, undefined);
  expect(readdirSync(to, { recursive: true }).sort()).toEqual(readdirSync(from, { recursive: true }).sort());
  for (const path of filesIn(from)) {
    expect(readFileSync(join(to, path)).equals(readFileSync(join(from, path))), path).toBe(true);
    expect(statSync(join(to, path)).mode & 0o777).toBe(0o600);
  }
  expect(statSync(join(to, 'a/b')).mode & 0o777).toBe(0o700);
  expect(statSync(join(to, 'zeros')).blocks).toBe(0);
});

it.each<[string, (packed: Buffer) => Uint8Array]>([
  ['that ends in its list', (packed) => packed.subarray(0, 50)],
  ['that ends in a file', (packed) => packed.subarray(0, -1)],
  ['that goes on', (packed) => Buffer.concat([packed, Buffer.from('x')])],
  ['that leads outside', (packed) => Buffer.from(packed.toString('latin1').replace('"a.first"', '"../../x"'), 'latin1')],
  ['of other bytes', () => Buffer.from('no list\n')],
])('refuses one %s', async (_, damage) => {
  const packed = await buffer(pack(filled()));
  await expect(unpack(pieces(damage(packed)), temporaryFolder(), undefined)).rejects.toThrow(SyntaxError);
});

it('packs nothing that is neither file nor folder', async () => {
  const folder = filled();
  symlinkSync('/etc/passwd', join(folder, 'link'));
  await expect(buffer(pack(folder))).rejects.toThrow('link is neither a file nor a folder');
});
