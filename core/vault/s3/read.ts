import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { type Bucket, at as objectAt } from './bucket.ts';
import { bodyFailure, isMissing, refusal } from './refusal.ts';

/** Largest number of connections lost in a row without a byte in between. */
const lostInARow = 3;

/**
 * Yields all bytes of an object that S3 has described. Sends no request before the first byte is wanted. S3 drops a
 * connection on which nobody reads for long, for example while a restore builds an index. So a lost connection is
 * resumed at the same byte, as long as the object is the same. `doing` completes "could not …".
 */
export async function* readObject(bucket: Bucket, key: string, found: { etag: string | undefined; size: number }, doing: string): AsyncGenerator<Uint8Array> {
  let lost = 0;
  for (let at = 0; at < found.size; ) {
    // only without a range does S3 send the checksum, and the SDK compare it
    const range = at > 0 ? `bytes=${at}-` : undefined;
    const body = await bucket.client.send(new GetObjectCommand({ ...objectAt(bucket, key), IfMatch: found.etag, Range: range })).then(
      ({ Body, ETag }) => {
        // not every store knows If-Match
        if (ETag !== found.etag) throw new StorageRefusedError(`could not ${doing}: another object has taken its place`);
        return Body as AsyncIterable<Uint8Array>;
      },
      (error: unknown) => {
        throw isMissing(error) ? new ObjectMissingError(`could not ${doing}: it is not there any more`, { cause: error }) : refusal(error, doing);
      },
    );
    try {
      for await (const chunk of body) {
        at += chunk.byteLength;
        lost = 0;
        yield chunk;
      }
      if (at < found.size) throw new Error(`it ended after ${at} of ${found.size} bytes`);
    } catch (error) {
      const failure = bodyFailure(error, doing);
      if (failure.name === 'ChecksumError' || ++lost > lostInARow) throw failure;
    }
  }
}
