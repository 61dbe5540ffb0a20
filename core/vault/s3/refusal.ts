import { mistakeOfCaller } from '../../aws/refusal.ts';
import { ChecksumError, SauvegardeError, StorageRefusedError } from '../../errors.ts';

interface FromSdk {
  name: string;
  message: string;
  /** Node's name for what happened to the connection. */
  code?: string;
  /** What the SDK adds to everything that happened after a request was begun. */
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

const advice = new Map<string | number | undefined, string>([
  ['NoSuchBucket', 'check the name of the bucket'],
  [301, "set AWS_REGION to the bucket's region"],
  [403, 'give this role the right to do it on the bucket, and to use its KMS key if it has one'],
  [503, 'S3 asks for fewer requests: repeat it later'],
  [undefined, 'check the network between here and S3, such as a VPC endpoint'],
]);

/** Turns what S3 refused, or what the way to it lost, into our error; a mistake in a program comes back as it was. `doing` completes "could not …" and names key and bucket. */
export function refusal(error: unknown, doing: string): unknown {
  if (error instanceof SauvegardeError || !isFromSdk(error)) return error;
  const { httpStatusCode, requestId } = error.$metadata ?? {};
  const hint = mistakeOfCaller(error) ?? advice.get(error.name) ?? advice.get(httpStatusCode);
  const said = [error.code ?? error.name, error.message.split('\n', 1)[0]].filter((text) => text !== 'UnknownError' && text !== 'Error');
  const trace = [httpStatusCode && `status ${httpStatusCode}`, requestId && `request ${requestId}`].filter(Boolean).join(', ');
  return new StorageRefusedError(`could not ${doing}: ${said.join(': ')}${trace && ` (${trace})`}${hint ? `; ${hint}` : ''}`, { cause: error });
}

/** For an error of a body that was already coming in: its connection, or bytes that are not those that S3 keeps the checksum of. */
export function bodyFailure(error: unknown, doing: string): SauvegardeError {
  const { code, message } = error as FromSdk;
  if (message.startsWith('Checksum mismatch')) return new ChecksumError(`could not ${doing}: what came is not what was stored. ${message}`, { cause: error });
  return new StorageRefusedError(`could not ${doing}: the connection was lost on the way (${code ?? message}); ${advice.get(undefined)}`, { cause: error });
}

/** S3 says that nothing is there: an object, an upload. */
export function isMissing(error: unknown): boolean {
  return isFromSdk(error) && error.$metadata?.httpStatusCode === 404 && error.name !== 'NoSuchBucket';
}

/** S3 says that the key is taken (412), or that somebody else is just taking it (409). */
export function isConflict(error: unknown): boolean {
  return isFromSdk(error) && [409, 412].includes(error.$metadata?.httpStatusCode ?? 0);
}

function isFromSdk(error: unknown): error is FromSdk {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false;
  return '$metadata' in error || error.name === 'TimeoutError' || mistakeOfCaller(error) !== undefined;
}
