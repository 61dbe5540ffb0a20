import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { GetObjectLockConfigurationCommand, HeadBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ChecksumError, StorageRefusedError } from '../../errors.ts';
import { type Abilities, ofAmazon } from './abilities.ts';
import { at, type Bucket, head, objectsOf, remove } from './bucket.ts';
import { copyObject, s3CopySizes } from './copy.ts';
import { isConflict, isMissing, isUnsupported, refusal } from './refusal.ts';
import { crcOf } from './store.ts';
import { abortUnfinished } from './unfinished.ts';
import { announced, base64Of, MultipartUpload, onlyIfFree } from './upload.ts';
import { versionsOf } from './versions.ts';

/** Findings of a rehearsal. */
export interface Rehearsal {
  can: Abilities;
  /** Days for which a new version cannot be deleted, by the bucket's object lock. */
  lockDays?: number;
}

const mebibyte = 1024 * 1024;
/** Parts that differ, and equal ones; 5 MiB is the least that S3 takes for a part that is not the last. */
const [unequal, equal] = [
  [5 * mebibyte, 6 * mebibyte, 3],
  [5 * mebibyte, 5 * mebibyte, 3],
];

/**
 * Finds out what a store can do, by doing it with objects of its own under `.rehearsal/`, which it removes: some 30
 * requests and 11 MB, up to four times as much where a store lacks something. With the abilities of an earlier
 * rehearsal, it leaves out the parts. Throws StorageRefusedError if the bucket cannot be used, or if the store loses or
 * changes what it is given: nothing can make up for that.
 */
export async function rehearse(client: S3Client, name: string, prefix: string, known?: Abilities): Promise<Rehearsal> {
  const folder = `.rehearsal/${randomUUID()}/`;
  const bucket: Bucket = { client, name, prefix, can: { ...(known ?? ofAmazon) } };
  const doing = `rehearse in the bucket ${name}`;
  try {
    await client.send(new HeadBucketCommand({ Bucket: name })).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
      throw new StorageRefusedError(`there is no bucket ${name}: make it, or check its name, its endpoint and its region`, { cause: error });
    });
    try {
      await whole(bucket, `${folder}whole`);
      await compared(bucket, folder);
      if (!known) await inParts(bucket, `${folder}parts`);
      bucket.can.aborts = await canAbort(bucket, `${folder}aborted`);
      bucket.can.copiesOnly = await copies(bucket, folder);
      bucket.can.versions = await keepsVersions(bucket, `${folder}version`);
    } finally {
      for await (const { Key } of objectsOf(bucket, folder)) await remove(bucket, Key);
    }
    const days = await lockDays(bucket);
    return { can: bucket.can, ...(days !== undefined && { lockDays: days }) };
  } catch (error) {
    if (error instanceof ChecksumError) throw other(name, error);
    throw refusal(error, doing);
  }
}

/** Stores an object by one request, asking for less until the store takes it. Asks again for the key, now taken. */
async function whole(bucket: Bucket, key: string): Promise<void> {
  const { can } = bucket;
  for (const less of [{}, { createsOnly: false }, { checksums: false }]) {
    Object.assign(can, less);
    if (await supported(put(bucket, key, Buffer.from('first')))) break;
  }
  if (can.createsOnly) can.createsOnly = !(await free(put(bucket, key, Buffer.from('other'))));
  await expectText(bucket, key, 'first', ...(can.createsOnly ? [] : ['other']));
}

/** Announces another CRC-32 than the bytes have, which must be refused; the right one must be reported. */
async function compared(bucket: Bucket, folder: string): Promise<void> {
  const { can } = bucket;
  if (!can.checksums) return;
  const reported = (await head(bucket, `${folder}whole`))?.ChecksumCRC32;
  const lie = { ...at(bucket, `${folder}lie`), Body: 'truth', ...announced(can, crc32('a lie')), ...onlyIfFree(can) };
  const believed = await bucket.client.send(new PutObjectCommand(lie)).then(
    () => true,
    () => false,
  );
  can.checksums = !believed && reported !== undefined;
}

/** Stores an object in parts, first of different sizes, then of equal ones; with checksums, then without. */
async function inParts(bucket: Bucket, key: string): Promise<void> {
  const { can } = bucket;
  const attempts = [
    { checksums: true, unequalParts: true },
    { checksums: false, unequalParts: true },
    { checksums: true, unequalParts: false },
    { checksums: false, unequalParts: false },
  ].filter(({ checksums }) => !checksums || can.checksums);
  let [failure, stored]: [unknown, boolean] = [undefined, false];
  for (const attempt of attempts) {
    Object.assign(can, attempt);
    const sizes = can.unequalParts ? unequal : equal;
    try {
      const { size, crc } = await upload(bucket, key, sizes);
      const found = await head(bucket, key);
      stored = found?.ContentLength === size && (await crcOf(bucket, key)) === crc && (!can.checksums || found.ChecksumCRC32 === base64Of(crc));
      if (stored) break;
      await remove(bucket, key);
    } catch (error) {
      failure = error;
    }
  }
  if (!stored)
    throw failure ?? new StorageRefusedError(`the bucket ${bucket.name} stores other bytes than an upload of several parts has sent; use another store`);
  if (can.createsOnly) can.createsOnly = !(await free(upload(bucket, key, [1])));
}

async function canAbort(bucket: Bucket, key: string): Promise<boolean> {
  const upload = await MultipartUpload.begin(bucket, at(bucket, key));
  try {
    await upload.send(1, Buffer.from('x'));
    await upload.settle();
    // later than anything: what the store lists under this prefix is counted, the new upload with it
    const listed = await abortUnfinished({ ...bucket, prefix: bucket.prefix + key }, new Date(8.64e15), true);
    await upload.abort();
    return listed > 0;
  } catch {
    await upload.abort().catch(() => undefined); // the provider's own rule removes it
    return false;
  }
}

/** Deletes an object and brings its version back. */
async function keepsVersions(bucket: Bucket, key: string): Promise<boolean> {
  await put(bucket, key, Buffer.from('kept'));
  const id = (await head(bucket, key))?.VersionId;
  await remove(bucket, key);
  if (await head(bucket, key)) throw new StorageRefusedError(`the bucket ${bucket.name} still shows an object after it was deleted; use another store`);
  if (!id || id === 'null') return false;
  const [version] = await versionsOf(bucket, key).catch(() => []);
  if (!version) return false;
  const { VersionId, Size = 0 } = version;
  await copyObject(bucket, { key, version: VersionId, size: Size }, key, { ...s3CopySizes, onlyIfFree: true });
  await expectText(bucket, key, 'kept');
  return true;
}

/** Copies an object, and again to the key that is now taken. Returns true if the store refuses that. */
async function copies(bucket: Bucket, folder: string): Promise<boolean> {
  const source = { key: `${folder}whole`, size: (await head(bucket, `${folder}whole`))?.ContentLength ?? 0 };
  const copy = () => copyObject(bucket, source, `${folder}copy`, { ...s3CopySizes, onlyIfFree: true });
  const conditional = await supported(copy());
  if (!conditional) await copyObject(bucket, source, `${folder}copy`, { ...s3CopySizes, onlyIfFree: false });
  if ((await crcOf(bucket, `${folder}copy`)) !== (await crcOf(bucket, source.key)))
    throw new StorageRefusedError(`the bucket ${bucket.name} copies an object with other bytes; use another store`);
  return conditional && !(await free(copy()));
}

async function lockDays({ client, name }: Bucket): Promise<number | undefined> {
  try {
    const { ObjectLockConfiguration: lock } = await client.send(new GetObjectLockConfigurationCommand({ Bucket: name }));
    const { Days, Years } = lock?.Rule?.DefaultRetention ?? {};
    return Days ?? (Years === undefined ? undefined : Years * 365);
  } catch {
    return undefined; // unknown there, or not allowed: nothing is promised by it
  }
}

function put(bucket: Bucket, key: string, bytes: Buffer): Promise<unknown> {
  const { can, client } = bucket;
  return client.send(
    new PutObjectCommand({ ...at(bucket, key), Body: bytes, Metadata: { write: 'rehearsal' }, ...announced(can, crc32(bytes)), ...onlyIfFree(can) }),
  );
}

async function upload(bucket: Bucket, key: string, sizes: readonly number[]): Promise<{ size: number; crc: number }> {
  const upload = await MultipartUpload.begin(bucket, { ...at(bucket, key), Metadata: { write: 'rehearsal' } });
  let [size, crc] = [0, 0];
  try {
    for (const [index, length] of sizes.entries()) {
      const bytes = Buffer.alloc(length, index + 1);
      [size, crc] = [size + length, crc32(bytes, crc)];
      await upload.send(index + 1, bytes);
    }
    await upload.settle();
    await upload.complete(size, base64Of(crc));
    return { size, crc };
  } catch (error) {
    await upload.abort().catch(() => undefined);
    throw error;
  }
}

/** Throws StorageRefusedError unless one of these texts is there, with its metadata, and listed with its size. */
async function expectText(bucket: Bucket, key: string, ...texts: string[]): Promise<void> {
  const found = await head(bucket, key);
  const listed: (number | undefined)[] = [];
  for await (const { Size } of objectsOf(bucket, key)) listed.push(Size);
  const crc = found && (await crcOf(bucket, key));
  const isThere = texts.some((text) => found?.ContentLength === text.length && listed[0] === text.length && crc === crc32(text));
  if (!isThere || found?.Metadata?.write !== 'rehearsal') throw other(bucket.name);
}

function other(bucket: string, cause?: unknown): StorageRefusedError {
  return new StorageRefusedError(`the bucket ${bucket} does not give back what was just stored in it (bytes, size, metadata or list); use another store`, {
    cause,
  });
}

/** Returns false if the store says that it does not know the request; any other error comes through. */
async function supported(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (isUnsupported(error)) return false;
    throw error;
  }
}

/** Returns false if the store refuses a key that is taken. */
async function free(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    if (isUnsupported(error)) return true;
    throw error;
  }
}
