import { ListMultipartUploadsCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ChecksumError, ConfigurationError, ObjectMissingError, type SauvegardeError, StorageRefusedError } from '../../../core/errors.ts';
import { partSize } from '../../../core/vault/s3/parts.ts';
import { presignDownload } from '../../../core/vault/s3/presign.ts';
import { refusal } from '../../../core/vault/s3/refusal.ts';
import { S3Vault } from '../../../core/vault/s3/vault.ts';
import { awsEnvironment, describeAws } from '../../support/aws.ts';
import { newBucket, s3At } from '../../support/buckets.ts';
import { always, type Fault, FaultProxy } from '../../support/fault-proxy.ts';
import { gathered, inPieces, noise, streamOf } from '../../support/streams.ts';
import { withoutBackOff } from '../../support/without-back-off.ts';

const key = 'main/2026/11/backup_20261122_050000Z.sql.zst';
const mebibyte = 1024 * 1024;
const small = noise(70_000);
const large = noise(partSize(1) + 12_345);
const slowDown = { error: 503, code: 'SlowDown' };
const denied = { error: 403, code: 'AccessDenied' };

withoutBackOff();

const in1MiB = (bytes: Buffer) => streamOf(inPieces(bytes, mebibyte));

it('has parts that S3 takes, of which 10,000 hold more than 5 TiB, and which are small while a dump is', () => {
  const sizes = Array.from({ length: 10_000 }, (_, index) => partSize(index + 1));
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(5 * mebibyte);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5 * 1024 * mebibyte);
  let sum = 0;
  const sizeAfter = new Map<number, number>();
  for (const size of sizes) {
    for (const gibibytes of [5, 50, 200]) if (sum < gibibytes * 1024 * mebibyte) sizeAfter.set(gibibytes, size / mebibyte);
    sum += size;
  }
  expect(sum).toBeGreaterThan(5 * 1024 ** 4);
  expect(Object.fromEntries(sizeAfter)).toEqual({ 5: 8, 50: 64, 200: 256 });
});

describeAws('the S3 vault', () => {
  let emulator: string;
  let proxy: FaultProxy;
  let client: S3Client;
  let bucket: string;
  let vault: S3Vault;

  beforeEach(async () => {
    emulator = (await awsEnvironment()).AWS_ENDPOINT_URL ?? '';
    proxy = await FaultProxy.before(emulator);
    client = s3At(proxy.endpoint);
    bucket = await newBucket(client);
    vault = new S3Vault(client, bucket);
    proxy.calls.length = 0;
  });
  afterEach(async () => {
    expect(proxy.calls.filter(({ operation, query }) => operation === 'DeleteObject' && query.includes('versionId'))).toEqual([]);
    client.destroy();
    await proxy[Symbol.asyncDispose]();
  });

  const stored = async (of = vault) => gathered((await of.read(key)).bytes);
  const keysIn = async () => (await vault.list('')).map((listed) => listed.key);
  const unfinished = async () => (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];
  const caught = (work: Promise<unknown>) =>
    work.then(
      () => expect.unreachable('it did not fail'),
      (error: unknown) => error as Error,
    );

  it.each([
    [partSize(1) - 1, ['PutObject']],
    [partSize(1), ['PutObject']],
    [partSize(1) + 1, ['CreateMultipartUpload', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload']],
    [partSize(1) * 2, ['CreateMultipartUpload', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload']],
  ])('stores %i bytes in as few requests as it can, and asks S3 what it has', async (size, requests) => {
    const bytes = noise(size);
    await vault.create(key, in1MiB(bytes));
    expect(proxy.operations()).toEqual([...requests, 'HeadObject']);
    expect((await stored()).equals(bytes)).toBe(true);
    expect(await unfinished()).toEqual([]);
  });

  it.each<[operation: string, fault: Fault, times: number, bytes: Buffer]>([
    ['PutObject', { error: 500, code: 'InternalError' }, 1, small],
    ['PutObject', slowDown, 3, small],
    ['PutObject', { does: 'lose the answer' }, 1, small],
    ['PutObject', { does: 'lose the answer' }, always, small],
    ['CreateMultipartUpload', slowDown, 2, large],
    ['UploadPart', { error: 500, code: 'InternalError' }, 2, large],
    ['UploadPart', slowDown, 4, large],
    ['UploadPart', { does: 'reset half-way' }, 2, large],
    ['UploadPart', { does: 'lose the answer' }, 1, large],
    ['CompleteMultipartUpload', slowDown, 2, large],
    ['CompleteMultipartUpload', { does: 'answer 200 with an error' }, 1, large],
    ['CompleteMultipartUpload', { does: 'lose the answer' }, 1, large],
    ['CompleteMultipartUpload', { does: 'lose the answer' }, always, large],
    ['HeadObject', slowDown, 2, small],
  ])('stores all bytes when %s meets %j, times %i', async (operation, fault, times, bytes) => {
    proxy.fail(operation, fault, { times });
    await vault.create(key, in1MiB(bytes));
    expect(proxy.operations().filter((name) => name === operation).length).toBeGreaterThan(1);
    expect((await stored()).equals(bytes)).toBe(true);
    expect(await unfinished()).toEqual([]);
  });

  it.each<[operation: string, fault: Fault, from: number, bytes: Buffer, said: string]>([
    ['PutObject', denied, 1, small, 'AccessDenied'],
    ['PutObject', { error: 400, code: 'KMS.DisabledException' }, 1, small, 'KMS.DisabledException'],
    ['PutObject', slowDown, 1, small, 'SlowDown'],
    ['PutObject', { does: 'flip a byte' }, 1, small, 'BadDigest'],
    ['PutObject', { does: 'reset half-way' }, 1, small, 'ECONNRESET'],
    ['PutObject', { error: 409, code: 'ConditionalRequestConflict' }, 1, small, 'ConditionalRequestConflict'],
    ['CreateMultipartUpload', denied, 1, large, 'AccessDenied'],
    ['UploadPart', denied, 2, large, 'AccessDenied'],
    ['UploadPart', { error: 500, code: 'InternalError' }, 2, large, 'InternalError'],
    ['UploadPart', { does: 'flip a byte' }, 2, large, 'BadDigest'],
    ['CompleteMultipartUpload', denied, 1, large, 'AccessDenied'],
    ['CompleteMultipartUpload', { does: 'answer 200 with an error' }, 1, large, 'InternalError'],
  ])('stores nothing when %s meets %j from time %i on, and says why', async (operation, fault, from, bytes, said) => {
    proxy.fail(operation, fault, { from, times: always });
    const error = await caught(vault.create(key, in1MiB(bytes)));
    expect(error).toBeInstanceOf(StorageRefusedError);
    for (const part of [bucket, key, said]) expect(error.message).toContain(part);
    expect(error.message).not.toContain('\n');
    expect(await keysIn()).toEqual([]);
    expect(await unfinished()).toEqual([]);
    proxy.fail(operation, fault, { times: 0 });
    await vault.create(key, in1MiB(bytes)); // and a repetition stores it
    expect((await stored()).equals(bytes)).toBe(true);
  });

  it.each([
    ['one request', 'another checksum', small, 'AAAAAA=='],
    ['several parts', 'another checksum', large, 'AAAAAA=='],
    ['one request', 'another size', small, `tells ${small.length + 1} bytes`],
    ['several parts', 'another size', large, `tells ${large.length + 1} bytes`],
  ] as const)('refuses an object of %s of which S3 tells %s afterwards, and leaves it to sweep: who writes may not retire', async (_, other, bytes, said) => {
    proxy.fail('HeadObject', { does: `tell ${other}` });
    const error = await caught(vault.create(key, in1MiB(bytes)));
    expect(error).toBeInstanceOf(StorageRefusedError);
    for (const part of [bucket, key, said]) expect(error.message).toContain(part);
    expect(proxy.operations()).not.toContain('DeleteObject');
    expect(await unfinished()).toEqual([]);
  });

  it('aborts an upload of several parts when the source throws, whose error comes through', async () => {
    const error = Object.assign(new Error('the source broke'), { $metadata: { httpStatusCode: 503 } });
    expect(await caught(vault.create(key, streamOf(inPieces(large, mebibyte), error)))).toBe(error);
    expect(proxy.operations().at(-1)).toBe('AbortMultipartUpload');
    expect(await unfinished()).toEqual([]);
    expect(await keysIn()).toEqual([]);
  });

  it('tells the first error when the upload cannot be aborted either, and clean finds what stayed', async () => {
    proxy.fail('AbortMultipartUpload', denied, { times: 1 });
    await expect(vault.create(key, streamOf(inPieces(large, mebibyte), new Error('the source broke')))).rejects.toThrow('the source broke');
    expect(await unfinished()).toHaveLength(1);
    const anHourAgo = new Date(Date.now() - 3_600_000); // the emulator says that every upload began in 2010: its parts are what is young
    expect(await vault.clean({ unfinished: anHourAgo })).toBe(0);
    expect(await vault.clean({ unfinished: new Date(Date.now() + 3_600_000) })).toBe(1);
    expect(await unfinished()).toEqual([]);
  });

  it('lets the source wait while S3 is slow', async () => {
    const { promise: awake, resolve: wake } = Promise.withResolvers<void>();
    proxy.fail('UploadPart', { waitsFor: awake }, { times: always });
    let given = 0;
    async function* endless() {
      for (; given < 45; given++) yield noise(mebibyte, given + 1);
    }
    const creating = vault.create(key, endless());
    await expect.poll(() => proxy.operations().filter((name) => name === 'UploadPart').length, { timeout: 20_000 }).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 300)); // time to take more
    expect(given).toBeLessThanOrEqual(32 + 8 + 1);
    expect(proxy.operations().filter((name) => name === 'UploadPart')).toHaveLength(4);
    wake();
    expect((await creating).size).toBe(45 * mebibyte);
  });

  it.each([1, 3])('reads all bytes when the connection is lost %i times on the way', async (times) => {
    await vault.create(key, in1MiB(large));
    proxy.fail('GetObject', { does: 'cut the answer' }, { times });
    expect((await stored()).equals(large)).toBe(true);
    expect(proxy.operations().filter((name) => name === 'GetObject')).toHaveLength(times + 1);
  });

  it.each<[Fault, new (message: string) => SauvegardeError]>([
    [{ does: 'cut the answer' }, StorageRefusedError],
    [{ does: 'lose the answer' }, StorageRefusedError],
    [denied, StorageRefusedError],
    [{ error: 404, code: 'NoSuchKey' }, ObjectMissingError],
    [{ error: 412, code: 'PreconditionFailed' }, StorageRefusedError],
    [{ does: 'tell another checksum' }, ChecksumError],
  ])('never ends a read as if it were whole when every answer is %j', async (fault, expected) => {
    await vault.create(key, streamOf([small]));
    proxy.fail('GetObject', fault, { times: always });
    const error = await caught(stored());
    expect(error).toBeInstanceOf(expected);
    for (const part of [bucket, key]) expect(error.message).toContain(part);
  });

  it('never ends a read as if it were whole when S3 tells another size than it sends', async () => {
    await vault.create(key, streamOf([small]));
    proxy.fail('HeadObject', { does: 'tell another size' });
    expect(await caught(stored())).toBeInstanceOf(StorageRefusedError);
  });

  it('gives up a store that does not answer, says so, and leaves nothing', async () => {
    const impatient = s3At(proxy.endpoint, { maxAttempts: 2, requestHandler: { connectionTimeout: 1000, socketTimeout: 200 } });
    proxy.fail('PutObject', { waitsFor: new Promise(() => undefined) }, { times: always });
    const error = await caught(new S3Vault(impatient, bucket).create(key, streamOf([small])));
    expect(error).toBeInstanceOf(StorageRefusedError);
    for (const part of [bucket, key, 'TimeoutError', 'check the network']) expect(error.message).toContain(part);
    expect(await keysIn()).toEqual([]);
    impatient.destroy();
  });

  it('lists more than a page, and nothing that could be no key', async () => {
    const direct = s3At(emulator);
    const keys = ['main/1', 'main/2', 'main/3', 'main/4', 'main/5'];
    for (const Key of ['main/', '.hidden', ...keys]) await direct.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
    direct.destroy();
    proxy.fail('ListObjectsV2', { does: 'list two' }, { times: always });
    expect(await keysIn()).toEqual(keys);
    expect(proxy.operations()).toEqual(Array(4).fill('ListObjectsV2'));
  });

  it('puts no delete marker where nothing is', async () => {
    await vault.retire(key);
    await vault.create(key, streamOf(['x']));
    await vault.retire(key);
    await vault.retire(key);
    expect(proxy.operations().filter((name) => name === 'DeleteObject')).toHaveLength(1);
  });

  it('retires nothing from a bucket that keeps no versions, where it would be gone', async () => {
    const forgetful = new S3Vault(client, await newBucket(client, { keepsVersions: false }));
    await forgetful.create(key, streamOf(['x']));
    await expect(forgetful.retire(key)).rejects.toBeInstanceOf(ConfigurationError);
    expect((await stored(forgetful)).toString()).toBe('x');
  });

  it('brings back the first of several retired versions, and an empty one', async () => {
    for (const content of ['', 'later']) {
      await vault.create(key, streamOf([content]));
      await vault.retire(key);
    }
    await vault.bringBack(key);
    expect((await stored()).toString()).toBe('');
    expect(proxy.operations()).not.toContain('CopyObject'); // which the bucket's policy does not allow
  });

  describeAws('with an object of several parts', () => {
    beforeEach(async () => {
      vault = new S3Vault(client, bucket, { copySizes: { whole: 6 * mebibyte, part: 5 * mebibyte } });
      await vault.create(key, in1MiB(large));
      await vault.retire(key);
      proxy.calls.length = 0;
    });

    it('brings it back in parts, as it was', async () => {
      await vault.bringBack(key);
      expect(proxy.operations().filter((name) => name === 'UploadPartCopy')).toHaveLength(2);
      expect((await stored()).equals(large)).toBe(true);
      expect(await unfinished()).toEqual([]);
    });

    it.each([
      ['UploadPartCopy', denied],
      ['CompleteMultipartUpload', { error: 500, code: 'InternalError' }],
    ])('leaves it retired when %s meets %j, and brings it back later', async (operation, fault) => {
      proxy.fail(operation, fault, { times: always });
      await expect(vault.bringBack(key)).rejects.toBeInstanceOf(StorageRefusedError);
      expect(await keysIn()).toEqual([]);
      expect(await unfinished()).toEqual([]);
      proxy.fail(operation, fault, { times: 0 });
      await vault.bringBack(key);
      expect((await stored()).equals(large)).toBe(true);
    });
  });

  it.each<[string, (vault: S3Vault) => Promise<unknown>]>([
    ['create', (vault) => vault.create(key, streamOf(['x']))],
    ['create of much', (vault) => vault.create(key, in1MiB(large))],
    ['read', (vault) => vault.read(key)],
    ['list', (vault) => vault.list('main/')],
    ['retire', (vault) => vault.retire(key)],
    ['bringBack', (vault) => vault.bringBack(key)],
    ['clean', (vault) => vault.clean({ unfinished: new Date() })],
  ])('%s says so when the bucket is not there, and when S3 is not', async (_, act) => {
    const nowhere = await caught(act(new S3Vault(client, 'vault-nowhere')));
    expect(nowhere).toBeInstanceOf(StorageRefusedError);
    expect(nowhere.message).toContain('vault-nowhere');
    const silent = await caught(act(new S3Vault(s3At('http://127.0.0.1:1'), bucket)));
    expect(silent).toBeInstanceOf(StorageRefusedError);
    expect(silent.message).toContain('ECONNREFUSED');
  });

  it('presigns a download for a browser, with the name that the file shall have', async () => {
    await vault.create(key, streamOf(['content']));
    const url = await presignDownload({ client, name: bucket }, key, { seconds: 900, fileName: 'main.sql.zst' });
    expect(await (await fetch(url)).text()).toBe('content');
    const { searchParams } = new URL(url);
    expect(searchParams.get('response-content-disposition')).toBe('attachment; filename="main.sql.zst"'); // the emulator does not answer with it
    expect(searchParams.get('X-Amz-Expires')).toBe('900');
  });

  it.each(['a"b', 'a\r\nb', '../a', 'é', ''])('presigns no download as %j', async (fileName) => {
    await expect(presignDownload({ client, name: bucket }, key, { seconds: 900, fileName })).rejects.toThrow('no name for a file');
  });
});

it('a mistake of a program is not taken for a refusal of S3', () => {
  for (const mistake of [new TypeError('x is not a function'), new RangeError('out of range'), new Error('ours')])
    expect(refusal(mistake, 'store x')).toBe(mistake);
});
