import type { ReplicationStatus, S3Client } from '@aws-sdk/client-s3';
import { ObjectMissingError } from '../../errors.ts';
import type { Replicated, Replication } from '../replication.ts';
import { ofAmazon } from './abilities.ts';
import { head } from './bucket.ts';

/** States by S3's words (S3 API reference, HeadObject, `x-amz-replication-status`). */
const states: Partial<Record<ReplicationStatus, Replicated>> = { COMPLETE: 'copied', COMPLETED: 'copied', PENDING: 'pending', FAILED: 'failed' };

/** Replication of a bucket of S3. Right: s3:GetObject. */
export class S3Replication implements Replication {
  readonly place: string;
  readonly #client: S3Client;
  readonly #name: string;

  constructor(client: S3Client, name: string, place: string) {
    this.#client = client;
    this.#name = name;
    this.place = place;
  }

  async stateOf(key: string): Promise<Replicated> {
    const found = await head({ client: this.#client, name: this.#name, prefix: '', can: ofAmazon }, key);
    if (!found) throw new ObjectMissingError(`${key} is not in the bucket ${this.#name}`);
    return (found.ReplicationStatus && states[found.ReplicationStatus]) ?? 'none';
  }
}
