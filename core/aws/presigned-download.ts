import { ObjectMissingError, RefusedError, UnexpectedError } from '../errors.ts';
import type { SignOutput } from '../operations/orders/sign.ts';

/** Longest part of a refusal that is read for its reason, in characters. */
const mostOfReason = 2000;

/**
 * Returns the bytes under a presigned address, and the size that S3 announces. No error shows the address: its holder
 * may download.
 */
export async function downloadPresigned(
  url: string,
  { backup, file, expiresAt }: Pick<SignOutput, 'backup' | 'file' | 'expiresAt'>,
  signal: AbortSignal,
): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
  const response = await fetch(url, { signal }).catch((cause: Error) => {
    signal.throwIfAborted();
    throw new UnexpectedError(`S3 could not be reached from here for ${file}: ${reasonOf(cause)}; repeat the command once it can be`, { cause });
  });
  if (response.ok && response.body) return { size: Number(response.headers.get('content-length')), bytes: untilItBreaks(response.body, file, signal) };
  const reason = `${response.status} ${reasonIn((await response.text()).slice(0, mostOfReason))}`.trim();
  if (response.status === 404) throw new ObjectMissingError(`${file} is not in the vault (${reason})`);
  if (response.status === 400 || response.status === 403)
    throw new RefusedError(
      `S3 refused the address for ${backup} (${reason}); it works until ${expiresAt} at most, and no longer than the session of the function that signed it. Repeat the command for a new one`,
    );
  throw new UnexpectedError(`S3 did not give ${file} (${reason}); repeat the command`);
}

async function* untilItBreaks(body: AsyncIterable<Uint8Array>, file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    signal.throwIfAborted();
    throw new UnexpectedError(`the download of ${file} broke off: ${reasonOf(cause as Error)}; repeat the command`, { cause });
  }
}

/** Returns S3's own words, without what they quote. */
function reasonIn(xml: string): string {
  const [code, message] = ['Code', 'Message'].map((tag) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1]);
  return [code, message].filter(Boolean).join(': ');
}

/** Returns the reason of a failed `fetch`, which is in its cause. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}
