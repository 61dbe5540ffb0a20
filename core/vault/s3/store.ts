import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { at, type Bucket, head } from './bucket.ts';
import { taken, withClaim } from './claim.ts';
import { partSize, partsOf } from './parts.ts';
import { readObject } from './read.ts';
import { isConflict } from './refusal.ts';
import { announced, base64Of, MultipartUpload, onlyIfFree } from './upload.ts';

/** Size of every part, in bytes, where parts must be equal: 10,000 of them hold 625 GiB. */
const equalPart = 64 * 1024 * 1024;

/**
 * Stores the bytes under a free key: by one request if they fit into one part, otherwise by a multipart upload. Returns
 * their size and CRC-32, after S3 has reported the same.
 * S3 compares them before it shows the object. If it reports something else afterwards, the object stays, because a
 * writer may not retire. Without its manifest it is no backup, and sweep retires it. A store that compares no checksums
 * is compared with: the object is read back.
 */
export async function storeObject(bucket: Bucket, key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc: number }> {
  const write = randomUUID();
  const sum = await transfer(bucket, key, bytes, write);
  await compare(bucket, key, sum);
  return sum;
}

async function transfer(bucket: Bucket, key: string, bytes: AsyncIterable<Uint8Array>, write: string): Promise<{ size: number; crc: number }> {
  const { can } = bucket;
  const target = { ...at(bucket, key), Metadata: { write } };
  let [size, crc] = [0, 0];
  let upload: MultipartUpload | undefined;
  try {
    for await (const part of partsOf(bytes, can.unequalParts ? partSize : () => equalPart)) {
      size += part.bytes.byteLength;
      crc = crc32(part.bytes, crc);
      if (part.isLast && !upload) {
        const whole = { ...target, Body: part.bytes, ...announced(can, crc), ...onlyIfFree(can) };
        await close(bucket, key, write, () => bucket.client.send(new PutObjectCommand(whole)));
        return { size, crc };
      }
      upload ??= await MultipartUpload.begin(bucket, target);
      await upload.send(part.number, part.bytes);
    }
    await upload?.settle();
    await close(bucket, key, write, async () => upload?.complete(size, base64Of(crc)));
    return { size, crc };
  } catch (error) {
    // the first error matters; `clean` and the bucket's lifecycle abort what is left
    await upload?.abort().catch(() => undefined);
    throw error;
  }
}

/**
 * Sends the request that makes an object visible. After an error the object may still be there: if the answer is lost
 * on the way, the SDK's retry finds the key taken, or the upload gone. The write's name in the object's metadata tells
 * whose object is there.
 */
async function close(bucket: Bucket, key: string, write: string, request: () => Promise<unknown>): Promise<void> {
  try {
    await (bucket.can.createsOnly ? request() : withClaim(bucket, key, write, request));
  } catch (error) {
    // if S3 cannot be asked either, the first error counts
    const there = await head(bucket, key).catch(() => undefined);
    if (there?.Metadata?.write === write) return;
    if (there && isConflict(error)) throw taken(bucket, key, error);
    throw error;
  }
}

async function compare(bucket: Bucket, key: string, { size, crc }: { size: number; crc: number }): Promise<void> {
  const stored = await head(bucket, key);
  const sum = stored && !bucket.can.checksums ? base64Of(await crcOf(bucket, key)) : stored?.ChecksumCRC32;
  if (stored?.ContentLength === size && sum === base64Of(crc)) return;
  throw new StorageRefusedError(
    `the bucket ${bucket.name} tells ${stored?.ContentLength} bytes and the CRC-32 ${sum} of ${key}, after ${size} bytes with ${base64Of(crc)} were sent; repeat it`,
  );
}

/** Reads an object and returns the CRC-32 of its bytes. Throws ObjectMissingError if the key holds nothing. */
export async function crcOf(bucket: Bucket, key: string): Promise<number> {
  const found = await head(bucket, key);
  if (!found) throw new ObjectMissingError(`the bucket ${bucket.name} holds no ${key}`);
  let crc = 0;
  for await (const chunk of readObject(bucket, key, { etag: found.ETag, size: found.ContentLength ?? 0 }, `read ${key} back`)) crc = crc32(chunk, crc);
  return crc;
}
