import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ObjectExistsError, ObjectMissingError, type SauvegardeError, StorageFullError, StorageRefusedError } from '../../../core/errors.ts';
import { partsOf } from '../../../core/vault/s3/parts.ts';
import { promisesOf } from '../../../core/vault/s3/promises.ts';
import { type Rehearsal, rehearse } from '../../../core/vault/s3/rehearsal.ts';
import { S3Vault } from '../../../core/vault/s3/vault.ts';
import { awsEnvironment, describeAws } from '../../support/aws.ts';
import { newBucket, s3At } from '../../support/buckets.ts';
import { always, type Fault, FaultProxy } from '../../support/fault-proxy.ts';
import { plainStore } from '../../support/plain-store.ts';
import type { Store } from '../../support/s3-checks.ts';
import { gathered, inPieces, noise, streamOf } from '../../support/streams.ts';
import { withoutBackOff } from '../../support/without-back-off.ts';

const key = 'main/2026/11/backup_20261122_050000Z.sql.zst';
const mebibyte = 1024 * 1024;
const all = { createsOnly: true, copiesOnly: true, checksums: true, versions: true, unequalParts: true, aborts: true };

withoutBackOff();

describeAws('a rehearsal', () => {
  let emulator: string;
  beforeAll(async () => {
    emulator = (await awsEnvironment()).AWS_ENDPOINT_URL ?? '';
  });

  it.each<[Store, { keepsVersions: boolean }, Rehearsal['can']]>([
    ['amazon', { keepsVersions: true }, all],
    ['equal parts', { keepsVersions: false }, { ...all, unequalParts: false, versions: false }],
    ['no conditions', { keepsVersions: true }, { ...all, createsOnly: false, copiesOnly: false }],
    ['silent', { keepsVersions: true }, { ...all, checksums: false }],
  ])('with a store of the kind "%s", %j, finds what it can do; then a backup of several parts is stored and brought back', async (kind, versions, expected) => {
    await using proxy = await FaultProxy.before(emulator, kind);
    const client = s3At(proxy.endpoint, { requestChecksumCalculation: 'WHEN_REQUIRED' });
    const bucket = await newBucket(client, versions);
    const { can } = await rehearse(client, bucket, 'office/');
    expect(can).toEqual(expected);
    const vault = new S3Vault(client, bucket, { prefix: 'office/', can });
    expect(await vault.list('')).toEqual([]);
    const bytes = noise(9 * mebibyte + 5);
    await vault.create(key, streamOf(inPieces(bytes, mebibyte)));
    await expect(vault.create(key, streamOf(['other']))).rejects.toBeInstanceOf(ObjectExistsError);
    await vault.retire(key);
    expect(await vault.list('')).toEqual([]);
    await vault.bringBack(key);
    expect((await gathered((await vault.read(key)).bytes)).equals(bytes)).toBe(true);
    expect((await new S3Vault(client, bucket, { can }).list('')).map((listed) => listed.key)).toEqual([`office/${key}`]);
    // a second rehearsal, with what is known, moves no parts
    proxy.calls.length = 0;
    expect((await rehearse(client, bucket, 'office/', can)).can).toEqual(expected);
    expect(proxy.operations().filter((name) => name === 'UploadPart').length).toBeLessThan(2);
    client.destroy();
  });

  it.each<[says: string, operation: string, fault: Fault, error: new (message: string) => SauvegardeError]>([
    ['AccessDenied', 'PutObject', { error: 403, code: 'AccessDenied' }, StorageRefusedError],
    ['QuotaExceeded', 'PutObject', { error: 403, code: 'QuotaExceeded' }, StorageFullError],
    ['clock of this machine is wrong', 'PutObject', { error: 403, code: 'RequestTimeTooSkewed' }, StorageRefusedError],
    ['403', 'HEAD bucket', { error: 403, code: 'RequestTimeTooSkewed' }, StorageRefusedError],
    ['does not give back what was just stored', 'PutObject', { does: 'flip a byte' }, StorageRefusedError],
    ['ECONNRESET', 'HeadObject', { does: 'lose the answer' }, StorageRefusedError],
    ['stores other bytes', 'UploadPart', { does: 'flip a byte' }, StorageRefusedError],
    ['AccessDenied', 'DeleteObject', { error: 403, code: 'AccessDenied' }, StorageRefusedError],
  ])('refuses a bucket, and says "%s", when every %s meets %j', async (says, operation, fault, expected) => {
    await using proxy = await FaultProxy.before(emulator, 'silent');
    const client = s3At(proxy.endpoint, { requestChecksumCalculation: 'WHEN_REQUIRED', maxAttempts: 2 });
    const bucket = await newBucket(client);
    proxy.fail(operation, fault, { times: always });
    const error = await rehearse(client, bucket, '').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(expected);
    // an answer to HEAD has no body, so no name of an error
    for (const part of [bucket, says]) expect((error as Error).message).toContain(part);
    client.destroy();
  });

  it('of a store that compares nothing lets no changed byte pass, of one request or of several, nor of a copy', async () => {
    await using proxy = await FaultProxy.before(emulator, 'silent');
    const client = s3At(proxy.endpoint, { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' });
    const bucket = await newBucket(client, { keepsVersions: false });
    const vault = new S3Vault(client, bucket, { can: { ...all, copiesOnly: false, checksums: false, versions: false } });
    for (const [operation, bytes] of [
      ['PutObject', noise(70_000)],
      ['UploadPart', noise(9 * mebibyte)],
    ] as const) {
      proxy.fail(operation, { does: 'flip a byte' });
      await expect(vault.create(`main/${operation}`, streamOf([bytes]))).rejects.toBeInstanceOf(StorageRefusedError);
    }
    await vault.create('main/whole', streamOf(['whole']));
    proxy.fail('GetObject', { does: 'cut the answer' }, { times: always, of: /retired/ });
    await expect(vault.retire('main/whole')).rejects.toBeInstanceOf(StorageRefusedError);
    proxy.heal();
    expect((await gathered((await vault.read('main/whole')).bytes)).toString()).toBe('whole');
    client.destroy();
  });

  it('says so when there is no such bucket', async () => {
    const client = s3At(emulator);
    await expect(rehearse(client, 'vault-nowhere', '')).rejects.toThrow('there is no bucket vault-nowhere: make it, or check its name');
    client.destroy();
  });
});

describe('a store that knows nothing but objects', () => {
  let store: Awaited<ReturnType<typeof plainStore>>;
  let client: S3Client;
  beforeAll(async () => {
    store = await plainStore();
    client = store.client();
  });
  afterAll(async () => {
    client.destroy();
    await store[Symbol.asyncDispose]();
  });

  it('is found to be one, and every promise says what makes up for it', async () => {
    const found = await rehearse(client, store.bucket, '');
    expect(found).toEqual({ can: { ...all, createsOnly: false, copiesOnly: false, checksums: false, versions: false, aborts: false } });
    const said = promisesOf(found).join('\n');
    for (const part of ['announced beside it', 'read back', 'under .retired/', 'set a rule there', 'may have 5 TiB', 'can delete every backup'])
      expect(said).toContain(part);
  });

  it('lets one of many writers of a key win, and loses nobody else', async () => {
    vi.restoreAllMocks(); // of writers that draw the same pause, none wins
    const { can } = await rehearse(client, store.bucket, 'many/');
    const writers = Array.from({ length: 5 }, () => new S3Vault(client, store.bucket, { prefix: 'many/', can }));
    // this store may list nothing for a moment; who is refused so tries again, as every caller of a vault
    const written = async (vault: S3Vault, index: number, tries = 10): Promise<unknown> =>
      vault.create('x', streamOf([`from ${index}`])).catch((error: unknown) => {
        if (!(error instanceof StorageRefusedError) || tries === 0) throw error;
        return written(vault, index, tries - 1);
      });
    const ends = await Promise.allSettled(writers.map((vault, index) => written(vault, index)));
    const won = ends.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(won).toHaveLength(1);
    expect(ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : [])).filter((reason) => !reason.startsWith('ObjectExistsError'))).toEqual(
      [],
    );
    const [vault] = writers as [S3Vault];
    expect((await gathered((await vault.read('x')).bytes)).toString()).toBe(`from ${won[0]}`);
    await vault.retire('x');
    await vault.bringBack('x');
    await vault.discard('x');
    await expect(vault.bringBack('x')).rejects.toBeInstanceOf(ObjectMissingError);
  });
});

it('a store that lists a claim late is asked twice more, and then not trusted', async () => {
  await using store = await plainStore();
  const client = store.client();
  const { can } = await rehearse(client, store.bucket, '');
  let late = 2;
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const output = answer.output as { Contents?: { Key?: string }[] };
      if (output.Contents?.some(({ Key }) => Key?.includes('.claims/')) && late-- > 0) output.Contents = [];
      return answer;
    },
    { step: 'initialize' },
  );
  const vault = new S3Vault(client, store.bucket, { can });
  expect(await vault.create('x', streamOf(['content']))).toMatchObject({ size: 7 });
  late = 3;
  await expect(vault.create('y', streamOf(['content']))).rejects.toThrow(/does not list what it has just stored/);
  expect((await vault.list('')).map((listed) => listed.key)).toEqual(['x']);
  client.destroy();
});

it('a dump that 10,000 equal parts do not hold is refused, not cut', async () => {
  const parts = async () => {
    let number = 0;
    for await (const part of partsOf(streamOf([Buffer.alloc(10_001)]), () => 1)) number = part.number;
    return number;
  };
  await expect(parts()).rejects.toThrow('the store takes 10000 parts');
});
