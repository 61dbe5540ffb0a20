import { DeleteObjectCommand, HeadBucketCommand, HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { ConfigurationError } from '../../errors.ts';
import { isMissing } from './refusal.ts';

/** A bucket, and the client by which it is reached. */
export interface Bucket {
  client: S3Client;
  name: string;
}

/** What S3 knows of an object, its checksum included; undefined when the key holds nothing. */
export async function head({ client, name }: Bucket, key: string, version?: string): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await client.send(new HeadObjectCommand({ Bucket: name, Key: key, VersionId: version, ChecksumMode: 'ENABLED' }));
  } catch (error) {
    if (!isMissing(error)) throw error;
    await client.send(new HeadBucketCommand({ Bucket: name })); // the answer is the same when the whole bucket is missing, and that is no empty key
    return undefined;
  }
}

/** Puts a delete marker over an object. Nothing under the key is no error, and gets no marker. */
export async function hide(bucket: Bucket, key: string): Promise<void> {
  const found = await head(bucket, key);
  if (!found) return;
  if (!found.VersionId || found.VersionId === 'null')
    throw new ConfigurationError(`the bucket ${bucket.name} keeps no versions: what is retired from it could never be brought back. Turn on its versioning`);
  await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }));
}
