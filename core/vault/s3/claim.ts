import { setTimeout } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ObjectExistsError, StorageRefusedError } from '../../errors.ts';
import { at, type Bucket, head, objectsOf, remove } from './bucket.ts';

const claims = '.claims/';
/** Age, in milliseconds, at which a claim is a killed writer's: the request that it protects takes minutes at most. */
const forgottenMs = 15 * 60_000;
/** Growth of the pauses between attempts and the longest, in milliseconds, and the number of attempts. */
const [growthMs, longestPauseMs, mostAttempts] = [200, 5000, 20];
/** Lists in a row without what was just stored after which a store is one that shows it late. */
const mostUnlisted = 3;

/**
 * Runs `write`, the request that makes an object visible, while no other writer does so for the same key. For stores
 * that cannot refuse a taken key. A writer announces itself by an object of its own before it looks for others: of two
 * at once, at least one sees the other and steps back. Ages are compared by the store's clock alone. Relies on lists
 * that show every finished write. Throws ObjectExistsError if the key is taken.
 */
export async function withClaim<T>(bucket: Bucket, key: string, writer: string, write: () => Promise<T>): Promise<T> {
  const own = `${claims}${key}/${writer}`;
  let unlisted = 0;
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    await bucket.client.send(new PutObjectCommand({ ...at(bucket, own), Body: 'claimed' }));
    try {
      const isAlone = await aloneWith(bucket, key, own);
      unlisted = isAlone === undefined ? unlisted + 1 : 0;
      if (unlisted === mostUnlisted)
        throw new StorageRefusedError(`the bucket ${bucket.name} does not list what it has just stored, so two writers could meet in it; use another store`);
      if (isAlone) {
        if (await head(bucket, key)) throw taken(bucket, key);
        return await write();
      }
    } finally {
      await remove(bucket, own);
    }
    if (await head(bucket, key)) throw taken(bucket, key);
    await setTimeout(Math.random() * Math.min(attempt * growthMs, longestPauseMs));
  }
  throw new StorageRefusedError(`could not store ${key} in the bucket ${bucket.name}: other writers claim the same key all the time; repeat it`);
}

/** Removes the claims of writers that were killed. Returns their number. */
export async function removeClaims(bucket: Bucket, before: Date, dryRun: boolean): Promise<number> {
  let removed = 0;
  for await (const { Key, LastModified } of objectsOf(bucket, claims)) {
    if (!LastModified || LastModified >= before) continue;
    if (!dryRun) await remove(bucket, Key);
    removed++;
  }
  return removed;
}

export function taken({ name }: Bucket, key: string, cause?: unknown): ObjectExistsError {
  return new ObjectExistsError(`${key} is already in the bucket ${name}; keys are never overwritten`, { cause });
}

/** Returns true if no other claim is there; undefined if the own one is not listed. */
async function aloneWith(bucket: Bucket, key: string, own: string): Promise<boolean | undefined> {
  const found: { Key: string; LastModified?: Date | undefined }[] = [];
  for await (const claim of objectsOf(bucket, `${claims}${key}/`)) found.push(claim);
  const mine = found.find(({ Key }) => Key === own)?.LastModified;
  if (!mine) return undefined;
  return found.every(({ Key, LastModified }) => Key === own || (LastModified !== undefined && mine.getTime() - LastModified.getTime() > forgottenMs));
}
