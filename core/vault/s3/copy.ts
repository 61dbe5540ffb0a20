import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { at, type Bucket, head } from './bucket.ts';
import { MultipartUpload } from './upload.ts';

const gibibyte = 1024 ** 3;

/**
 * Sizes in bytes: the largest copy in one request, and the part of a larger copy. 10,000 such parts hold more than an
 * object may have.
 */
export interface CopySizes {
  whole: number;
  part: number;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: up to 5 GB in one request. */
export const s3CopySizes: CopySizes = { whole: 5 * gibibyte, part: gibibyte };

/**
 * Copies an object, or a version of one, inside of the bucket; `onlyIfFree` asks for a free key. S3 compares the copied
 * bytes with the checksum stored with the source. A copy to a free key goes by parts whatever the size, where the store
 * completes uploads under a condition: a bucket's policy that demands conditional writes takes no other copies (S3 user
 * guide, "Enforce conditional writes on Amazon S3 buckets").
 */
export async function copyObject(
  bucket: Bucket,
  from: { key: string; version?: string | undefined; size: number },
  key: string,
  { whole, part, onlyIfFree }: CopySizes & { onlyIfFree: boolean },
): Promise<void> {
  const source = at(bucket, from.key);
  const CopySource = `${source.Bucket}/${source.Key}${from.version === undefined ? '' : `?versionId=${from.version}`}`; // a key of ours needs no escapes
  const isInParts = from.size > whole || (onlyIfFree && bucket.can.createsOnly);
  if (!isInParts) {
    await bucket.client.send(new CopyObjectCommand({ ...at(bucket, key), CopySource, ...(onlyIfFree && bucket.can.copiesOnly && { IfNoneMatch: '*' }) }));
    return;
  }
  const stored = await head(bucket, from.key, from.version);
  const can = { ...bucket.can, createsOnly: onlyIfFree && bucket.can.createsOnly };
  const upload = await MultipartUpload.begin({ ...bucket, can }, { ...at(bucket, key), Metadata: stored?.Metadata });
  try {
    if (from.size === 0) await upload.send(1, new Uint8Array(0));
    for (let number = 1, place = 0; place < from.size; number++, place += part)
      await upload.copy(number, { CopySource, CopySourceRange: `bytes=${place}-${Math.min(place + part, from.size) - 1}` });
    await upload.settle();
    await upload.complete(from.size, stored?.ChecksumCRC32);
  } catch (error) {
    // the first error matters; `clean` and the bucket's lifecycle abort what is left
    await upload.abort().catch(() => undefined);
    throw error;
  }
}
