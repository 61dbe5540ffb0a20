import { randomUUID } from 'node:crypto';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { ObjectExistsError, ObjectMissingError, StorageRefusedError } from '../../errors.ts';
import { type Bucket, head, objectsOf, remove } from './bucket.ts';
import { withClaim } from './claim.ts';
import { type CopySizes, copyObject } from './copy.ts';
import { isConflict, isMissing } from './refusal.ts';
import { crcOf } from './store.ts';

const retired = '.retired/';
/** Stores may keep whole seconds. */
const secondMs = 1000;

/*
 * Retiring in a bucket without versions, where a deleted object is gone: the object moves under `.retired/`, as in a
 * folder. Its modification time there is the instant of retiring. The catalogue's record keeps apart those who retire
 * and those who bring back.
 */

/**
 * Moves an object to the retired ones, beside the one that was retired first. If the key holds nothing, does nothing.
 */
export async function moveAway(bucket: Bucket, key: string, sizes: CopySizes): Promise<void> {
  try {
    const first = await head(bucket, retired + key);
    const later = first && !(await isSame(bucket, { key, found: await head(bucket, key) }, { key: retired + key, found: first }));
    await move(bucket, key, later ? `${retired}${key}.later-${Date.now()}` : retired + key, { ...sizes, onlyIfFree: false });
  } catch (error) {
    if (!isMissing(error) && !(error instanceof ObjectMissingError)) throw error; // another process has retired it meanwhile
  }
}

/**
 * Moves a retired object back. Throws ObjectMissingError if there is none, ObjectExistsError if another one is under
 * its key.
 */
export async function moveBack(bucket: Bucket, key: string, sizes: CopySizes): Promise<void> {
  const [visible, hidden] = await Promise.all([head(bucket, key), head(bucket, retired + key)]);
  if (visible && hidden && !(await isSame(bucket, { key, found: visible }, { key: retired + key, found: hidden })))
    throw new ObjectExistsError(`the bucket ${bucket.name} has another object under ${key} than the one that was retired, which is under ${retired}${key}`);
  if (visible) return;
  const back = () => move(bucket, retired + key, key, { ...sizes, onlyIfFree: true });
  try {
    const found = await (bucket.can.copiesOnly && bucket.can.createsOnly ? back() : withClaim(bucket, key, randomUUID(), back));
    if (found) return;
  } catch (error) {
    if (!isMissing(error) && !isConflict(error) && !(error instanceof ObjectExistsError || error instanceof ObjectMissingError)) throw error;
  }
  if (await head(bucket, key)) return; // another process has brought it back
  throw new ObjectMissingError(`the bucket ${bucket.name} holds no retired ${key}; it was never there, or its days of grace are over`);
}

/** Removes for good the objects that were retired before an instant. Returns their number. A dry run only counts. */
export async function removeRetired(bucket: Bucket, before: Date, dryRun: boolean): Promise<number> {
  let removed = 0;
  for await (const { Key, LastModified } of objectsOf(bucket, retired)) {
    if (!LastModified || LastModified.getTime() + secondMs > before.getTime()) continue;
    if (!dryRun) await remove(bucket, Key);
    removed++;
  }
  return removed;
}

/** Moves an object; the source goes only after the copy was compared with it. Returns false if there is no source. */
async function move(bucket: Bucket, from: string, to: string, options: CopySizes & { onlyIfFree: boolean }): Promise<boolean> {
  const found = await head(bucket, from);
  if (!found) return false;
  await copyObject(bucket, { key: from, size: found.ContentLength ?? 0 }, to, options);
  if (!(await isSame(bucket, { key: to, found: await head(bucket, to) }, { key: from, found })))
    throw new StorageRefusedError(`the bucket ${bucket.name} copied ${from} to ${to} with other bytes; ${from} stays where it is`);
  await remove(bucket, from);
  return true;
}

interface Looked {
  key: string;
  found: HeadObjectCommandOutput | undefined;
}

/** Compares two objects by size and CRC-32, which is read where the store keeps none. */
async function isSame(bucket: Bucket, one: Looked, other: Looked): Promise<boolean> {
  if (!one.found || !other.found || one.found.ContentLength !== other.found.ContentLength) return false;
  if (bucket.can.checksums) return one.found.ChecksumCRC32 === other.found.ChecksumCRC32;
  return (await crcOf(bucket, one.key)) === (await crcOf(bucket, other.key));
}
