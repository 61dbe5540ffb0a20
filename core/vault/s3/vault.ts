import { randomUUID } from 'node:crypto';
import type { ObjectVersion, S3Client } from '@aws-sdk/client-s3';
import { hexadecimal } from '../../bytes/meter.ts';
import type { Keys } from '../../encryption/keys.ts';
import { ObjectExistsError, ObjectMissingError } from '../../errors.ts';
import { consume } from '../consume.ts';
import { checkKey, isKey } from '../key.ts';
import type { Listed, Vault } from '../vault.ts';
import { type Abilities, ofAmazon } from './abilities.ts';
import { type Bucket, head, hide, objectsOf, remove } from './bucket.ts';
import { removeClaims, withClaim } from './claim.ts';
import { type CopySizes, copyObject, s3CopySizes } from './copy.ts';
import { moveAway, moveBack, removeRetired } from './moved.ts';
import { readObject } from './read.ts';
import { isConflict, refusal } from './refusal.ts';
import { storeObject } from './store.ts';
import { abortUnfinished } from './unfinished.ts';
import { isCopy, versionsOf } from './versions.ts';

/** Choices for a vault in a bucket. */
export interface S3VaultOptions {
  /** Beginning of all its keys. @default '' */
  prefix?: string;
  /** Abilities of the store. @default Amazon's */
  can?: Abilities;
  copySizes?: CopySizes;
}

/**
 * A vault in an S3 bucket that keeps versions. Retiring puts a delete marker over an object; bringing back copies the
 * first version of its key. A key under a delete marker is free, so that others may have put something there since.
 * Nothing here deletes a version: the bucket's lifecycle does that after the days of grace.
 * Rights for everything: s3:GetObject and s3:ListBucket (without ListBucket, S3 answers 403 for a missing object).
 * To create: s3:PutObject and s3:AbortMultipartUpload. To retire: s3:DeleteObject.
 * To bring back: s3:GetObjectVersion, s3:ListBucketVersions, s3:PutObject and s3:AbortMultipartUpload.
 * To clean: s3:ListBucketMultipartUploads, s3:ListMultipartUploadParts and s3:AbortMultipartUpload.
 * A store with fewer abilities is made up for: `claim.ts` for taken keys, reading back for checksums, `moved.ts` for
 * versions. Without versions `clean` removes retired objects for good.
 */
export class S3Vault implements Vault {
  keys?: Keys | undefined;
  readonly #bucket: Bucket;
  readonly #copySizes: CopySizes;

  constructor(client: S3Client, name: string, { prefix = '', can = ofAmazon, copySizes = s3CopySizes }: S3VaultOptions = {}) {
    this.#bucket = { client, name, prefix, can };
    this.#copySizes = copySizes;
  }

  async create(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }> {
    checkKey(key);
    const { size, crc } = await consume(
      bytes,
      (source) => storeObject(this.#bucket, key, source),
      (error) => refusal(error, this.#doing(`store ${key}`)),
    );
    return { size, crc32: hexadecimal(crc) };
  }

  async read(key: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
    checkKey(key);
    const doing = this.#doing(`read ${key}`);
    const found = await translated(doing, head(this.#bucket, key));
    if (!found) throw this.#missing(key);
    const [size, etag] = [found.ContentLength ?? 0, found.ETag];
    return { size, bytes: readObject(this.#bucket, key, { size, etag }, doing) };
  }

  list(prefix: string): Promise<Listed[]> {
    return translated(this.#doing(`list ${prefix}`), this.#list(prefix));
  }

  async retire(key: string): Promise<void> {
    checkKey(key);
    const { can } = this.#bucket;
    await translated(this.#doing(`retire ${key}`), can.versions ? hide(this.#bucket, key) : moveAway(this.#bucket, key, this.#copySizes));
  }

  async bringBack(key: string): Promise<void> {
    checkKey(key);
    await translated(this.#doing(`bring back ${key}`), this.#bringBack(key));
  }

  /** Aborts unfinished uploads. Leaves retired objects to the lifecycle of a bucket that keeps versions. */
  clean(before: { retired?: Date; unfinished: Date }, { dryRun = false }: { dryRun?: boolean } = {}): Promise<number> {
    return translated(this.#doing('clean up'), this.#clean(before, dryRun));
  }

  /** Removes an object that is no backup, such as a refuted dump: for good, unless the bucket keeps versions. */
  async discard(key: string): Promise<void> {
    checkKey(key);
    await translated(this.#doing(`remove ${key}`), remove(this.#bucket, key));
  }

  async #list(prefix: string): Promise<Listed[]> {
    const listed: Listed[] = [];
    for await (const { Key: key, Size: size = 0, LastModified: at = new Date(0) } of objectsOf(this.#bucket, prefix))
      if (isKey(key)) listed.push({ key, size, at });
    return listed.sort((one, other) => (one.key < other.key ? -1 : 1)); // not every store sorts
  }

  async #clean({ retired, unfinished }: { retired?: Date; unfinished: Date }, dryRun: boolean): Promise<number> {
    const { can } = this.#bucket;
    const aborted = can.aborts ? await abortUnfinished(this.#bucket, unfinished, dryRun) : 0;
    const claims = can.createsOnly ? 0 : await removeClaims(this.#bucket, unfinished, dryRun);
    return aborted + claims + (can.versions || !retired ? 0 : await removeRetired(this.#bucket, retired, dryRun));
  }

  async #bringBack(key: string): Promise<void> {
    const { can } = this.#bucket;
    if (!can.versions) return moveBack(this.#bucket, key, this.#copySizes);
    const first = await this.#firstUnlessVisible(key);
    if (!first) return;
    const copy = () => copyObject(this.#bucket, { key, version: first.VersionId, size: first.Size ?? 0 }, key, { ...this.#copySizes, onlyIfFree: true });
    try {
      await (can.createsOnly || can.copiesOnly ? copy() : withClaim(this.#bucket, key, randomUUID(), copy));
    } catch (error) {
      if ((isConflict(error) || error instanceof ObjectExistsError) && !(await this.#firstUnlessVisible(key))) return; // another process has brought it back
      throw error;
    }
  }

  /** Returns the first version under a key; undefined if it, or a copy of it, is visible. */
  async #firstUnlessVisible(key: string): Promise<ObjectVersion | undefined> {
    const versions = await versionsOf(this.#bucket, key);
    const [first] = versions;
    if (!first) throw new ObjectMissingError(`the bucket ${this.#bucket.name} holds no retired ${key}; it was never there, or its days of grace are over`);
    const visible = versions.find(({ IsLatest }) => IsLatest);
    if (!visible) return first;
    if (visible === first || (await isCopy(this.#bucket, key, visible.VersionId, first.VersionId))) return undefined;
    throw new ObjectExistsError(
      `the bucket ${this.#bucket.name} has another object under ${key} than the one that was retired, which is still there as the version ${first.VersionId}. Something put it there since: find out what, and repeat`,
    );
  }

  #doing(what: string): string {
    return `${what} in the bucket ${this.#bucket.name}`;
  }

  #missing(key: string): ObjectMissingError {
    return new ObjectMissingError(`the bucket ${this.#bucket.name} holds no ${key}`);
  }
}

async function translated<T>(doing: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw refusal(error, doing);
  }
}
