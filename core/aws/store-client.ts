import { S3Client } from '@aws-sdk/client-s3';
import type { BucketSettings, Secret } from '../config/config.ts';
import { settings } from './settings.ts';

/**
 * Makes a client for a bucket of the configuration. `reveal` resolves its credentials when a request needs them. A
 * module of its own: one machine loads no other client of AWS for it.
 */
export function storeClient({ endpoint, region, forcePathStyle, credentials }: BucketSettings, reveal: (secret: Secret) => string): S3Client {
  const isOther = endpoint !== undefined;
  return new S3Client({
    ...settings,
    ...(isOther && { endpoint }),
    ...((region ?? (isOther && !process.env.AWS_REGION)) && { region: region ?? 'auto' }),
    forcePathStyle: forcePathStyle ?? isOther,
    // by default the SDK adds checksums of its own, which other stores refuse; ours announces them where they help
    requestChecksumCalculation: 'WHEN_REQUIRED',
    ...(credentials && {
      credentials: async () => ({ accessKeyId: reveal(credentials.accessKeyId), secretAccessKey: reveal(credentials.secretAccessKey) }),
    }),
  });
}
