import { type ObjectVersion, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { hexadecimal } from '../../bytes/meter.ts';
import { ObjectExistsError, ObjectMissingError } from '../../errors.ts';
import { consume } from '../consume.ts';
import { checkKey, isKey } from '../key.ts';
import type { Listed, Vault } from '../vault.ts';
import { type Bucket, head, hide } from './bucket.ts';
import { readObject } from './read.ts';
import { isConflict, refusal } from './refusal.ts';
import { storeObject } from './store.ts';
import { abortUnfinished } from './unfinished.ts';
import { copiedPart, copyVersion, isCopy, versionsOf } from './versions.ts';

/**
 * A vault in an S3 bucket that keeps versions. Retiring puts a delete marker over an object; bringing back copies the
 * first version of its key. A key under a delete marker is free, so that others may have put something there since.
 * Nothing here deletes a version: the bucket's lifecycle does that after the days of grace.
 * Rights for everything: s3:GetObject and s3:ListBucket (without ListBucket, S3 answers 403 for a missing object).
 * To create: s3:PutObject and s3:AbortMultipartUpload. To retire: s3:DeleteObject.
 * To bring back: s3:GetObjectVersion, s3:ListBucketVersions, s3:PutObject and s3:AbortMultipartUpload.
 * To clean: s3:ListBucketMultipartUploads, s3:ListMultipartUploadParts and s3:AbortMultipartUpload.
 */
export class S3Vault implements Vault {
  readonly #bucket: Bucket;
  readonly #copiedPart: number;

  /** Makes a vault. `part` is the size of a copy's parts, in bytes. */
  constructor(client: S3Client, bucket: string, part = copiedPart) {
    this.#bucket = { client, name: bucket };
    this.#copiedPart = part;
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
    await translated(this.#doing(`retire ${key}`), hide(this.#bucket, key));
  }

  async bringBack(key: string): Promise<void> {
    checkKey(key);
    await translated(this.#doing(`bring back ${key}`), this.#bringBack(key));
  }

  /** Aborts unfinished uploads. Leaves retired objects to the bucket's lifecycle. */
  clean(before: { unfinished: Date }, { dryRun = false }: { dryRun?: boolean } = {}): Promise<number> {
    return translated(this.#doing('abort unfinished uploads'), abortUnfinished(this.#bucket, before.unfinished, dryRun));
  }

  async #list(prefix: string): Promise<Listed[]> {
    const listed: Listed[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#bucket.client }, { Bucket: this.#bucket.name, Prefix: prefix }))
      for (const { Key: key = '', Size: size = 0, LastModified: at = new Date(0) } of Contents) if (isKey(key)) listed.push({ key, size, at });
    return listed;
  }

  async #bringBack(key: string): Promise<void> {
    const first = await this.#firstUnlessVisible(key);
    if (!first) return;
    try {
      await copyVersion(this.#bucket, key, first, this.#copiedPart);
    } catch (error) {
      if (isConflict(error) && !(await this.#firstUnlessVisible(key))) return; // another process has brought it back
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
