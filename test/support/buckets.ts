import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { settings } from '../../core/aws/settings.ts';

/** Makes a client like the product's, for that endpoint, with invalid credentials. */
export function s3At(endpoint: string, more: ConstructorParameters<typeof S3Client>[0] = {}): S3Client {
  return new S3Client({ ...settings, endpoint, region: 'eu-west-3', credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' }, ...more });
}

/** Makes a bucket, which keeps versions by default. Returns its name. */
export async function newBucket(client: S3Client, { keepsVersions = true } = {}): Promise<string> {
  const Bucket = `vault-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-3' } }));
  if (keepsVersions) await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  return Bucket;
}
