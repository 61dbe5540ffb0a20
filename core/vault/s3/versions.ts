import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type ObjectVersion } from '@aws-sdk/client-s3';
import { type Bucket, head } from './bucket.ts';
import { MultipartUpload } from './upload.ts';

/** Size in bytes of a part of a copy. 10,000 such parts hold more than an object may have. */
export const copiedPart = 1024 ** 3;

/** Returns the versions under exactly this key that are no delete markers, in the order in which they were stored. */
export async function versionsOf({ client, name }: Bucket, key: string): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (from) {
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket: name, Prefix: key, Delimiter: '/', ...from }));
    found.push(...(page.Versions ?? []).filter((version) => version.Key === key));
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  return found.reverse(); // S3 lists the newest first (S3 user guide, "Listing objects in a versioning-enabled bucket")
}

/** Returns true if a version is a copy of another, made by `copyVersion`. */
export async function isCopy(bucket: Bucket, key: string, version: string | undefined, original: string | undefined): Promise<boolean> {
  const [one, other] = await Promise.all([version, original].map((id) => head(bucket, key, id)));
  if (!one || !other) return false;
  return one.ContentLength === other.ContentLength && one.ChecksumCRC32 === other.ChecksumCRC32 && one.Metadata?.write === other.Metadata?.write;
}

/**
 * Copies a version to its own key, if that is free. S3 compares the copied bytes with the checksum stored with the
 * version. Copies in parts whatever the size: where a bucket's policy demands conditional writes, S3 takes no other
 * copies (S3 user guide, "Enforce conditional writes on Amazon S3 buckets").
 */
export async function copyVersion(bucket: Bucket, key: string, { VersionId, Size = 0 }: ObjectVersion, part: number): Promise<void> {
  const CopySource = `${bucket.name}/${key}?versionId=${VersionId}`; // a key of ours needs no escapes
  const stored = await head(bucket, key, VersionId);
  const upload = await MultipartUpload.begin(bucket.client, { Bucket: bucket.name, Key: key, Metadata: stored?.Metadata });
  try {
    if (Size === 0) await upload.send(1, new Uint8Array(0));
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
