import {
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  paginateListObjectsV2,
  type S3Client,
  type _Object as S3Object,
} from '@aws-sdk/client-s3';
import { ConfigurationError } from '../../errors.ts';
import type { Abilities } from './abilities.ts';
import { isMissing } from './refusal.ts';

/** A vault's part of a bucket, the client that reaches it, and the abilities of its store. */
export interface Bucket {
  client: S3Client;
  name: string;
  /** Beginning of all its keys, empty or with a slash at the end. */
  prefix: string;
  can: Abilities;
}

/** Names an object in requests. `key` is the vault's, without the prefix. */
export function at({ name, prefix }: Bucket, key: string): { Bucket: string; Key: string } {
  return { Bucket: name, Key: prefix + key };
}

/** Asks S3 about an object, its checksum included; undefined if the key holds nothing. */
export async function head(bucket: Bucket, key: string, version?: string): Promise<HeadObjectCommandOutput | undefined> {
  const { client, name, can } = bucket;
  try {
    return await client.send(new HeadObjectCommand({ ...at(bucket, key), VersionId: version, ChecksumMode: can.checksums ? 'ENABLED' : undefined }));
  } catch (error) {
    if (!isMissing(error)) throw error;
    // S3 gives the same answer if the whole bucket is missing, which is not an empty key
    await client.send(new HeadBucketCommand({ Bucket: name }));
    return undefined;
  }
}

/** Lists objects whose key starts with `prefix`, with keys as the vault has them. */
export async function* objectsOf({ client, name, prefix: beginning }: Bucket, prefix: string): AsyncGenerator<S3Object & { Key: string }> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: name, Prefix: beginning + prefix }))
    for (const object of Contents) yield { ...object, Key: (object.Key ?? '').slice(beginning.length) };
}

/** Deletes an object: where there are versions, by a delete marker over it. */
export async function remove(bucket: Bucket, key: string): Promise<void> {
  await bucket.client.send(new DeleteObjectCommand(at(bucket, key)));
}

/** Puts a delete marker over an object. If the key holds nothing, does nothing. */
export async function hide(bucket: Bucket, key: string): Promise<void> {
  const found = await head(bucket, key);
  if (!found) return;
  if (!found.VersionId || found.VersionId === 'null')
    throw new ConfigurationError(`the bucket ${bucket.name} keeps no versions, so a retired backup could never be brought back. Turn on its versioning`);
  await remove(bucket, key);
}
