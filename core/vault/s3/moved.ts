import { randomUUID } from 'node:crypto';
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

/** Moves an object to the retired ones. If the key holds nothing, does nothing. */
export async function moveAway(bucket: Bucket, key: string, sizes: CopySizes): Promise<void> {
  try {
    await move(bucket, key, retired + key, { ...sizes, onlyIfFree: false });
  } catch (error) {
    if (!isMissing(error) && !(error instanceof ObjectMissingError)) throw error; // another process has retired it meanwhile
  }
}

/** Moves a retired object back, if its key is free. Throws ObjectMissingError if there is none. */
export async function moveBack(bucket: Bucket, key: string, sizes: CopySizes): Promise<void> {
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
  const copy = await head(bucket, to);
  const isSame = bucket.can.checksums ? copy?.ChecksumCRC32 === found.ChecksumCRC32 : (await crcOf(bucket, to)) === (await crcOf(bucket, from));
  if (copy?.ContentLength !== found.ContentLength || !isSame)
    throw new StorageRefusedError(`the bucket ${bucket.name} copied ${from} to ${to} with other bytes; ${from} stays where it is`);
  await remove(bucket, from);
  return true;
}
