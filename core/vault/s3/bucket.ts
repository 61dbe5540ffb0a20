import { DeleteObjectCommand, HeadBucketCommand, HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { ConfigurationError } from '../../errors.ts';
import { isMissing } from './refusal.ts';

/** A bucket, and the client that reaches it. */
export interface Bucket {
  client: S3Client;
  name: string;
}

/** Asks S3 about an object, its checksum included; undefined if the key holds nothing. */
export async function head({ client, name }: Bucket, key: string, version?: string): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await client.send(new HeadObjectCommand({ Bucket: name, Key: key, VersionId: version, ChecksumMode: 'ENABLED' }));
  } catch (error) {
    if (!isMissing(error)) throw error;
    // S3 gives the same answer if the whole bucket is missing, which is not an empty key
    await client.send(new HeadBucketCommand({ Bucket: name }));
    return undefined;
  }
}

/** Puts a delete marker over an object. If the key holds nothing, does nothing. */
export async function hide(bucket: Bucket, key: string): Promise<void> {
  const found = await head(bucket, key);
  if (!found) return;
  if (!found.VersionId || found.VersionId === 'null')
    throw new ConfigurationError(`the bucket ${bucket.name} keeps no versions, so a retired backup could never be brought back. Turn on its versioning`);
  await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }));
}
