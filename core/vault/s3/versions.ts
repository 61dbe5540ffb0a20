import { CopyObjectCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type ObjectVersion } from '@aws-sdk/client-s3';
import { type Bucket, head } from './bucket.ts';
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

/** Finds the newest version under exactly this key that is no delete marker. */
export async function newestVersion({ client, name }: Bucket, key: string): Promise<ObjectVersion | undefined> {
  let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (from) {
    // S3 sorts by key, the newest version first
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket: name, Prefix: key, Delimiter: '/', ...from }));
    const found = page.Versions?.find((version) => version.Key === key);
    if (found) return found;
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  return undefined;
}

/**
 * Copies a version to its own key, if that is free. S3 compares the copied bytes with the checksum stored with the
 * version.
 */
export async function copyVersion(bucket: Bucket, key: string, { VersionId, Size = 0 }: ObjectVersion, { whole, part }: CopySizes): Promise<void> {
  const target = { Bucket: bucket.name, Key: key };
  const CopySource = `${bucket.name}/${key}?versionId=${VersionId}`; // a key of ours needs no escapes
  if (Size <= whole) {
    await bucket.client.send(new CopyObjectCommand({ ...target, CopySource, IfNoneMatch: '*' }));
    return;
  }
  const stored = await head(bucket, key, VersionId);
  const upload = await MultipartUpload.begin(bucket.client, { ...target, Metadata: stored?.Metadata });
  try {
    for (let number = 1, from = 0; from < Size; number++, from += part)
      await upload.copy(number, { CopySource, CopySourceRange: `bytes=${from}-${Math.min(from + part, Size) - 1}` });
    await upload.settle();
    await upload.complete(Size, stored?.ChecksumCRC32);
  } catch (error) {
    // the first error matters; `clean` and the bucket's lifecycle abort what is left
    await upload.abort().catch(() => undefined);
    throw error;
  }
}
