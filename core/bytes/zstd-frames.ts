/** Next part of a frame: a little-endian number of 1, 3 or 4 bytes, or `skip` bytes. */
type Part = { number: 1 | 3 | 4 } | { skip: number };

/**
 * Passes zstd's bytes unchanged, in pieces none of which holds bytes of two frames. Node's decompressor ends with the
 * frame that ends inside a write, and drops the rest of that write unless its output buffer happens to be full at that
 * point. Bytes that are no zstd file pass too; the decompressor refuses them.
 */
export async function* cutAtFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let frame = partsOfFrame();
  let part = frame.next();
  let taken = 0;
  let number = 0;
  for await (const chunk of source) {
    let begin = 0;
    for (let at = 0; at < chunk.byteLength; ) {
      if (part.done) {
        if (at > begin) yield chunk.subarray(begin, at);
        begin = at;
        frame = partsOfFrame();
        part = frame.next();
        continue;
      }
      const wanted = 'skip' in part.value ? part.value.skip : part.value.number;
      if ('skip' in part.value) {
        const step = Math.min(wanted - taken, chunk.byteLength - at);
        at += step;
        taken += step;
      } else {
        number += (chunk[at++] ?? 0) * 256 ** taken++;
      }
      if (taken < wanted) continue;
      part = frame.next(number);
      taken = 0;
      number = 0;
    }
    if (begin < chunk.byteLength) yield chunk.subarray(begin);
  }
}

/** Layout of one frame: https://www.rfc-editor.org/rfc/rfc8878#section-3.1 */
function* partsOfFrame(): Generator<Part, void, number> {
  const magic = yield { number: 4 };
  if (magic >>> 4 === 0x184d2a5) {
    yield { skip: yield { number: 4 } }; // a skippable frame
    return;
  }
  const descriptor = yield { number: 1 };
  const single = (descriptor & 0b10_0000) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 0b11] ?? 0;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  yield { skip: (single ? 0 : 1) + dictionary + contentSize };
  for (let last = false; !last; ) {
    const block = yield { number: 3 };
    last = (block & 1) === 1;
    const isRunLength = ((block >>> 1) & 0b11) === 1;
    yield { skip: isRunLength ? 1 : block >>> 3 };
  }
  if ((descriptor & 0b100) !== 0) yield { skip: 4 }; // the checksum
}
