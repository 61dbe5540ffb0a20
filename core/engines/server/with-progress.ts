import type { Work } from '../engine.ts';

/** Passes bytes on and reports their progress. */
export async function* withProgress(
  bytes: AsyncIterable<Uint8Array>,
  step: 'prove' | 'restore' | 'compare',
  total: number,
  work: Work,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of bytes) {
    yield chunk;
    done += chunk.length;
    work.progress(step, done, total);
  }
}
