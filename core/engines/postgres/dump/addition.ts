const trailer = '--\n-- PostgreSQL database dump complete\n';
/** Length of the end of a dump, with its `\\unrestrict`, at most. */
const longestEnd = 4096;

/**
 * Puts an addition in front of a dump's closing lines. It is asked for when all else has been yielded. Before an
 * error of the dump, all that came before it is yielded.
 */
export async function* withAddition(dump: AsyncIterable<Uint8Array>, addition: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let held: Uint8Array = new Uint8Array();
  try {
    for await (const block of dump) {
      const all = Buffer.concat([held, block]);
      held = all.subarray(Math.max(0, all.length - longestEnd));
      yield all.subarray(0, all.length - held.length);
    }
  } catch (error) {
    yield held;
    throw error;
  }
  const end = Buffer.from(held).lastIndexOf(trailer);
  if (end < 0) return yield held; // it is not complete, and the scanner says so
  yield held.subarray(0, end);
  yield* addition();
  yield held.subarray(end);
}
