import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type ObjectVersion } from '@aws-sdk/client-s3';
import { at, type Bucket, head } from './bucket.ts';

/** Returns the versions under exactly this key that are no delete markers, in the order in which they were stored. */
export async function versionsOf(bucket: Bucket, key: string): Promise<ObjectVersion[]> {
  const { Bucket: name, Key } = at(bucket, key);
  const found: ObjectVersion[] = [];
  let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (from) {
    const page: ListObjectVersionsCommandOutput = await bucket.client.send(
      new ListObjectVersionsCommand({ Bucket: name, Prefix: Key, Delimiter: '/', ...from }),
    );
    found.push(...(page.Versions ?? []).filter((version) => version.Key === Key));
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  return found.reverse(); // S3 lists the newest first (S3 user guide, "Listing objects in a versioning-enabled bucket")
}

/** Returns true if a version is a copy of another, made by `copyObject`. */
export async function isCopy(bucket: Bucket, key: string, version: string | undefined, original: string | undefined): Promise<boolean> {
  const [one, other] = await Promise.all([version, original].map((id) => head(bucket, key, id)));
  if (!one || !other) return false;
  return one.ContentLength === other.ContentLength && one.ChecksumCRC32 === other.ChecksumCRC32 && one.Metadata?.write === other.Metadata?.write;
}
