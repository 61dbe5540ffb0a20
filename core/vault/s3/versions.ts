import { CopyObjectCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type ObjectVersion } from '@aws-sdk/client-s3';
import { type Bucket, head } from './bucket.ts';
import { MultipartUpload } from './upload.ts';

const gibibyte = 1024 ** 3;

/** Bytes: the most that S3 copies in one request, and the size of the parts of a larger copy, of which 10,000 hold more than an object may have. */
export interface CopySizes {
  whole: number;
  part: number;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: up to 5 GB in one request. */
export const s3CopySizes: CopySizes = { whole: 5 * gibibyte, part: gibibyte };

/** The newest version under exactly this key that is no delete marker. */
export async function newestVersion({ client, name }: Bucket, key: string): Promise<ObjectVersion | undefined> {
  let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (from) {
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket: name, Prefix: key, Delimiter: '/', ...from })); // S3 sorts by key, the newest first
    const found = page.Versions?.find((version) => version.Key === key);
    if (found) return found;
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  return undefined;
}

/** Copies a version to its own key, if that is free. S3 compares what it copies with the checksum that the version was stored with. */
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
    await upload.abort().catch(() => undefined); // the first error is the one to tell; `clean` and the bucket's lifecycle abort what stayed
    throw error;
  }
}
