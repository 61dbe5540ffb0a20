import type { BucketSettings, VaultLocation } from './vault-location.ts';

// without the schema, which functions do not carry

/** Names a vault for people: its folder, or `s3://bucket/prefix`. */
export function placeOfVault(location: VaultLocation): string {
  return typeof location === 'string' ? location : addressIn(location.s3, '').replace(/\/$/, '');
}

/** Names an object in a bucket: `s3://bucket/prefix/key`. */
export function addressIn({ bucket, prefix }: BucketSettings, key: string): string {
  return ['s3:/', bucket, ...(prefix === undefined ? [] : [prefix]), key].join('/');
}
