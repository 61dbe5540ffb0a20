/**
 * Does `work` with the bytes. An error that the bytes throw comes through unchanged, even if it looks like one of the
 * vault's; any other error goes through `translate`.
 */
export async function consume<T>(
  bytes: AsyncIterable<Uint8Array>,
  work: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
  translate: (error: unknown) => unknown,
): Promise<T> {
  let failure: { error: unknown } | undefined;
  const noting = async function* () {
    try {
      yield* bytes;
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    return await work(noting());
  } catch (error) {
    throw failure ? failure.error : translate(error);
  }
}
