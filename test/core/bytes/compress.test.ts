import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compress, decompress } from '../../../core/bytes/compress.ts';
import type { Compression } from '../../../core/names.ts';
import { gathered, inPieces, noise, streamOf } from '../../support/streams.ts';

const compressions = ['zstd', 'gzip', 'none'] as const;
const mebibyte = 1024 * 1024;

/** Chunks of the source, by what is special about them. */
const sources: [string, Buffer[]][] = [
  ['no chunk', []],
  ['an empty chunk', [Buffer.alloc(0)]],
  ['empty chunks between others', [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(0), Buffer.from('b'), Buffer.alloc(0)]],
  ['one byte', [Buffer.from('x')]],
  ['single bytes', inPieces(noise(300), 1)],
  ['chunks of odd sizes', inPieces(noise(700_001), 77_777)],
  ['chunks of 256 KiB', inPieces(noise(mebibyte), 256 * 1024)],
  ['chunks of 1 MiB and a rest', inPieces(noise(2 * mebibyte + 3), mebibyte)],
  ['chunks of one byte more than 1 MiB', inPieces(noise(3 * mebibyte), mebibyte + 1)],
  ['a chunk of megabytes that shrinks to nearly nothing', [Buffer.alloc(9 * mebibyte + 1, 'a')]],
  ['a chunk of megabytes that does not shrink', [noise(5 * mebibyte)]],
];

/** How the stored bytes may arrive. */
const arrivals: [string, (stored: Buffer) => Buffer[]][] = [
  ['whole', (stored) => [stored]],
  ['in 64 KiB', (stored) => inPieces(stored, 65_536)],
  ['in pieces of 4099 bytes', (stored) => inPieces(stored, 4099)],
];

const cases = compressions.flatMap((compression) => sources.map(([what, chunks]) => [compression, what, chunks] as const));

async function compressed(chunks: Iterable<Uint8Array | string>, compression: Compression): Promise<Buffer> {
  return gathered(compress(streamOf(chunks), compression));
}

describe('compression', () => {
  it.each(cases)('%s gives back %s, however it arrives', async (compression, _, chunks) => {
    const stored = await compressed(chunks, compression);
    for (const [how, pieces] of arrivals) {
      const back = await gathered(decompress(streamOf(pieces(stored)), compression));
      expect([how, back.equals(Buffer.concat(chunks))]).toEqual([how, true]);
    }
  });

  it.each(compressions)('%s gives back what arrives byte by byte', async (compression) => {
    const chunks = [Buffer.from('first '.repeat(50)), Buffer.alloc(0), Buffer.from('second'), noise(200)];
    const stored = await compressed(chunks, compression);
    const back = await gathered(decompress(streamOf(inPieces(stored, 1)), compression));
    expect(back.equals(Buffer.concat(chunks))).toBe(true);
  });

  it.each(publicTools().flatMap((tool) => sources.map(([what, chunks]) => [tool, what, chunks] as const)))('%s reads %s', async (tool, _, chunks) => {
    const stored = await compressed(chunks, tool);
    const back = spawnSync(tool, ['-dc', '-q'], { input: stored, maxBuffer: 20 * mebibyte });
    expect(back).toMatchObject({ status: 0 });
    expect(back.stdout.equals(Buffer.concat(chunks))).toBe(true);
  });

  it.each(publicTools())('reads what %s writes as one frame', async (tool) => {
    const content = Buffer.concat([noise(900_001), Buffer.alloc(900_001)]);
    const stored = spawnSync(tool, ['-c', '-q'], { input: content, maxBuffer: 20 * mebibyte }).stdout;
    const back = await gathered(decompress(streamOf(inPieces(Buffer.concat([stored, stored]), 50_021)), tool));
    expect(back.equals(Buffer.concat([content, content]))).toBe(true);
  });

  it('passes over the skippable frames that zstd allows', async () => {
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const stored = Buffer.concat([skippable, await compressed(['a'], 'zstd'), skippable, await compressed(['b'], 'zstd')]);
    for (const size of [1, 5, stored.length]) expect((await gathered(decompress(streamOf(inPieces(stored, size)), 'zstd'))).toString()).toBe('ab');
  });

  it('makes a gzip file that a reader of another make understands', async () => {
    expect(gunzipSync(await compressed(['one ', 'two'], 'gzip')).toString()).toBe('one two');
  });
});

describe('damaged bytes', () => {
  it.each(['zstd', 'gzip'] as const)('%s reports a file cut at any point but between two frames', async (compression) => {
    const frames = await Promise.all(['first '.repeat(20), 'second '.repeat(20)].map((text) => compressed([text], compression)));
    const stored = Buffer.concat(frames);
    const whole: number[] = [];
    for (let length = 0; length < stored.length; length++) {
      for (const size of [stored.length, 7]) {
        const read = await gathered(decompress(streamOf(inPieces(stored.subarray(0, length), size)), compression)).catch((error: unknown) => error);
        if (Buffer.isBuffer(read)) whole.push(length);
        else expect(read).toMatchObject({ code: expect.stringMatching(/^Z_|^ZSTD_/) });
      }
    }
    expect(whole).toEqual([frames[0]?.length, frames[0]?.length]);
  });

  it.each(['zstd', 'gzip'] as const)('%s never gives other bytes for a flipped one', async (compression) => {
    const content = 'first '.repeat(20) + 'second '.repeat(20);
    const stored = Buffer.concat([await compressed(['first '.repeat(20)], compression), await compressed(['second '.repeat(20)], compression)]);
    for (let at = 0; at < stored.length; at++) {
      for (const flip of [0x01, 0x80, stored[at] ?? 0]) {
        const damaged = Buffer.from(stored);
        damaged[at] = (stored[at] ?? 0) ^ flip;
        const read = await gathered(decompress(streamOf(inPieces(damaged, 31)), compression)).catch((error: unknown) => error);
        if (Buffer.isBuffer(read)) expect([at, flip, read.toString()]).toEqual([at, flip, content]);
        else expect(read).toMatchObject({ code: expect.stringMatching(/^Z_|^ZSTD_/) });
      }
    }
  });

  it.each([
    ['zstd', 'text', Buffer.from('not compressed at all')],
    ['zstd', 'zeros', Buffer.alloc(40)],
    ['gzip', 'text', Buffer.from('not compressed at all')],
    ['gzip', 'zeros', Buffer.alloc(40)],
  ] as const)('%s reports %s after the last frame, and in place of the first', async (compression, _, garbage) => {
    const good = await compressed(['content'], compression);
    for (const stored of [[good, garbage], [Buffer.concat([good, garbage])], [garbage]]) {
      await expect(gathered(decompress(streamOf(stored), compression))).rejects.toMatchObject({ code: expect.stringMatching(/^Z_|^ZSTD_/) });
    }
  });
});

/** The programs that people without Sauvegarde would use, as far as this machine has them. */
function publicTools(): ('zstd' | 'gzip')[] {
  return (['zstd', 'gzip'] as const).filter((tool) => spawnSync(tool, ['--version']).status === 0);
}
