import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ObjectMissingError } from '../../errors.ts';
import type { Bucket } from './bucket.ts';
import { bodyFailure, isMissing, refusal } from './refusal.ts';

/** Connections that may be lost one after the other without a byte in between. */
const lostInARow = 3;

/**
 * All bytes of an object that S3 told about. Nothing is asked for before the first byte is wanted. S3 gives up a connection on which nobody reads for long, as a restore that builds an index does: so a lost one is
 * taken up where it broke, as long as the object is the same. `doing` completes "could not …".
 */
export async function* readObject(
  { client, name }: Bucket,
  key: string,
  found: { etag: string | undefined; size: number },
  doing: string,
): AsyncGenerator<Uint8Array> {
  let lost = 0;
  for (let at = 0; at < found.size; ) {
    const range = at > 0 ? `bytes=${at}-` : undefined; // S3 tells the checksum, and the SDK compares it, only without a range
    const body = await client.send(new GetObjectCommand({ Bucket: name, Key: key, IfMatch: found.etag, Range: range })).then(
      ({ Body }) => Body as AsyncIterable<Uint8Array>,
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
