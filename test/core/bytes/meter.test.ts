import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Meter } from '../../../core/bytes/meter.ts';
import { gathered, inPieces, noise, streamOf } from '../../support/streams.ts';

describe('the meter', () => {
  // the values were taken from Python's hashlib and zlib
  it.each([
    ['nothing', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '00000000'],
    ['the check value of CRC-32', '123456789', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225', 'cbf43926'],
    ['a CRC-32 that begins with zeros', 'text 1080', '7344c6ed5a1398c758645020b491b2fd5d316f949c40ada6645158d4f7e035ad', '00022034'],
  ])('knows %s', async (_, text, sha256, crc) => {
    const meter = new Meter();
    expect((await gathered(meter.measure(streamOf(inPieces(Buffer.from(text), 2))))).toString()).toBe(text);
    expect(meter.result()).toEqual({ size: text.length, sha256, crc32: crc });
  });

  it.each([1, 1000, 65_537, 3_000_000])('agrees with whole hashes when the bytes pass in pieces of %i', async (size) => {
    const bytes = noise(size === 1 ? 2000 : 2_500_000, 7);
    const meter = new Meter();
    const passed = await gathered(meter.measure(streamOf(inPieces(bytes, size))));
    expect(passed.equals(bytes)).toBe(true);
    expect(meter.result()).toEqual({
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      crc32: crc32(bytes).toString(16).padStart(8, '0'),
    });
  });
});
