import { mistakeOfCaller } from '../../aws/refusal.ts';
import { ChecksumError, SauvegardeError, StorageFullError, StorageRefusedError } from '../../errors.ts';

interface FromSdk {
  name: string;
  message: string;
  /** Node's code for a failure of the connection. */
  code?: string;
  /** Added by the SDK to every error after a request was begun. */
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

const advice = new Map<string | number | undefined, string>([
  ['NoSuchBucket', 'check the name of the bucket'],
  [301, "set AWS_REGION to the bucket's region"],
  [403, 'give this role the right to do it on the bucket, and to use its KMS key if it has one'],
  [503, 'S3 asks for fewer requests: repeat it later'],
  [undefined, 'check the network between here and S3, such as a VPC endpoint'],
]);

/** Names of errors by which stores say that a quota or a disk is full. */
const full = new Set(['QuotaExceeded', 'QuotaExceededException', 'XMinioStorageFull', 'StorageFull', 'ServiceQuotaExceededException']);

/**
 * Turns a refusal of S3, or a failure on the way to it, into our error; returns a programming error unchanged. `doing`
 * completes "could not …" and names key and bucket.
 */
export function refusal(error: unknown, doing: string): unknown {
  if (error instanceof SauvegardeError || !isFromSdk(error)) return error;
  const { httpStatusCode, requestId } = error.$metadata ?? {};
  const hint = mistakeOfCaller(error) ?? advice.get(error.name) ?? advice.get(httpStatusCode);
  const said = [error.code ?? error.name, error.message.split('\n', 1)[0]].filter((text) => text !== 'UnknownError' && text !== 'Error');
  const trace = [httpStatusCode && `status ${httpStatusCode}`, requestId && `request ${requestId}`].filter(Boolean).join(', ');
  const Refusal = full.has(error.name) || httpStatusCode === 507 ? StorageFullError : StorageRefusedError;
  return new Refusal(`could not ${doing}: ${said.join(': ')}${trace && ` (${trace})`}${hint ? `; ${hint}` : ''}`, { cause: error });
}

/**
 * Makes the error for a body that was already coming in: a lost connection, or bytes that do not match the checksum in
 * S3.
 */
export function bodyFailure(error: unknown, doing: string): SauvegardeError {
  const { code, message } = error as FromSdk;
  if (message.startsWith('Checksum mismatch'))
    return new ChecksumError(`could not ${doing}: the bytes differ from the stored ones. ${message}`, { cause: error });
  return new StorageRefusedError(`could not ${doing}: the connection was lost on the way (${code ?? message}); ${advice.get(undefined)}`, { cause: error });
}

/** Returns true if S3 says that the object or upload does not exist. */
export function isMissing(error: unknown): boolean {
  return isFromSdk(error) && error.$metadata?.httpStatusCode === 404 && error.name !== 'NoSuchBucket';
}

/** Returns true if S3 says that the key is taken (412), or that another writer is just taking it (409). */
export function isConflict(error: unknown): boolean {
  return isFromSdk(error) && [409, 412].includes(error.$metadata?.httpStatusCode ?? 0);
}

/** Returns true if the store says that it does not know what it is asked for. */
export function isUnsupported(error: unknown): boolean {
  return isFromSdk(error) && [400, 405, 501].includes(error.$metadata?.httpStatusCode ?? 0);
}

function isFromSdk(error: unknown): error is FromSdk {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false;
  return '$metadata' in error || error.name === 'TimeoutError' || mistakeOfCaller(error) !== undefined;
}
