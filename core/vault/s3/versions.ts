import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type ObjectVersion } from '@aws-sdk/client-s3';
import { at, type Bucket } from './bucket.ts';

/** Finds the newest version under exactly this key that is no delete marker. */
export async function newestVersion(bucket: Bucket, key: string): Promise<ObjectVersion | undefined> {
  const { Bucket: name, Key } = at(bucket, key);
  let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (from) {
    // S3 sorts by key, the newest version first
    const page: ListObjectVersionsCommandOutput = await bucket.client.send(
      new ListObjectVersionsCommand({ Bucket: name, Prefix: Key, Delimiter: '/', ...from }),
    );
    const found = page.Versions?.find((version) => version.Key === Key);
    if (found) return found;
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  return undefined;
}
