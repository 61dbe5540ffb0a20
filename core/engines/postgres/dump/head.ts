import { blockSize } from '../../../bytes/blocks.ts';

/** Output of pg_dump. */
export type Blocks = AsyncGenerator<Uint8Array, void, void>;

/** The first blocks, which were read already, and the error that came instead of the next. */
export interface Head {
  read: Uint8Array[];
  failure?: unknown;
}

/**
 * Reads the first block, and the next one if it is short: a pg_dump that fails while it writes definitions has not
 * begun. One that rows have stopped has.
 */
export async function readAhead(blocks: Blocks, isStopped: () => boolean): Promise<Head> {
  const read: Uint8Array[] = [];
  try {
    for (let next = await blocks.next(); !next.done; next = await blocks.next()) {
      read.push(next.value);
      if (read.length > 1 || next.value.length === blockSize) break;
    }
    return { read };
  } catch (failure) {
    if (!isStopped()) throw failure;
    return { read, failure };
  }
}

/** Puts blocks that were read already back in front of the others. */
export function putBack({ read, failure }: Head, blocks: Blocks): { blocks: Blocks; end(): Promise<void> } {
  async function* all(): Blocks {
    yield* read;
    if (failure !== undefined) throw failure;
    yield* blocks;
  }
  return { blocks: all(), end: async () => void (await blocks.return()) };
}
