import type { Scan } from '../documents/scan.ts';
import type { SourceIdentity } from '../documents/source-identity.ts';
import type { Dump } from './engine.ts';

/**
 * Frames a dump in progress. `written` yields its bytes and returns its scan, or throws; so the bytes end normally only
 * if the scan was taken. `opened` is what the dump holds open until it is disposed of.
 */
export function dumpUnderWay(written: () => AsyncGenerator<Uint8Array, Scan>, opened: AsyncDisposableStack, identity?: SourceIdentity): Dump {
  let scan: Scan | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    scan = yield* written();
  }
  return {
    bytes: bytes(),
    ...(identity && { identity }),
    scan: () => {
      if (!scan) throw new TypeError('the scan is known only after the last byte');
      return scan;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
