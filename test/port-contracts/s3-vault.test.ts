import { afterAll, beforeAll, describe } from 'vitest';
import type { Abilities } from '../../core/vault/s3/abilities.ts';
import { partSize } from '../../core/vault/s3/parts.ts';
import { rehearse } from '../../core/vault/s3/rehearsal.ts';
import { S3Vault } from '../../core/vault/s3/vault.ts';
import { awsEnvironment, describeAws } from '../support/aws.ts';
import { newBucket, s3At } from '../support/buckets.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type PlainStore, plainStore } from '../support/plain-store.ts';
import { vaultContract } from './vault.ts';

describeAws('a bucket behind what S3 checks', () => {
  let proxy: FaultProxy;
  beforeAll(async () => {
    const { AWS_ENDPOINT_URL = '' } = await awsEnvironment();
    proxy = await FaultProxy.before(AWS_ENDPOINT_URL);
  });
  afterAll(() => proxy[Symbol.asyncDispose]());

  vaultContract({ retiredAreRemovedBy: 'lifecycle', writeBeginsAfter: partSize(1) }, async () => {
    const bucket = await newBucket(s3At(proxy.endpoint));
    return { one: new S3Vault(s3At(proxy.endpoint), bucket), other: new S3Vault(s3At(proxy.endpoint), bucket) };
  });
});

describe('a store that knows nothing but objects', () => {
  let store: PlainStore;
  let made = 0;
  let can: Abilities;
  beforeAll(async () => {
    store = await plainStore();
    ({ can } = await rehearse(store.client(), store.bucket, ''));
  });
  afterAll(() => store[Symbol.asyncDispose]());

  vaultContract({ retiredAreRemovedBy: 'clean', writeBeginsAfter: undefined }, async () => {
    const prefix = `${made++}/`;
    return { one: new S3Vault(store.client(), store.bucket, { prefix, can }), other: new S3Vault(store.client(), store.bucket, { prefix, can }) };
  });
});
