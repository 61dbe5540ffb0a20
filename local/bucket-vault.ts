import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { storageError } from '../core/bytes/storage-error.ts';
import type { BucketSettings } from '../core/config/config.ts';
import { addressIn, placeOfVault } from '../core/config/place-of-vault.ts';
import type { Keys } from '../core/encryption/keys.ts';
import type { Log } from '../core/platform.ts';
import { promisesOf } from '../core/vault/s3/promises.ts';
import { type Rehearsal, rehearse } from '../core/vault/s3/rehearsal.ts';
import { S3Vault } from '../core/vault/s3/vault.ts';
import type { Listed } from '../core/vault/vault.ts';
import type { MachineVault } from './machine-vault.ts';

/** File of the state folder with the rehearsals of its buckets. */
export const storesFile = 'stores.json';

const ability = z.boolean();
const rehearsals = z.record(
  z.string(),
  z.object({
    can: z.object({ createsOnly: ability, copiesOnly: ability, checksums: ability, versions: ability, unequalParts: ability, aborts: ability }),
    lockDays: z.number().optional(),
  }),
);

/**
 * A vault in a bucket of any store. Before the first change a rehearsal finds out what the store can do; the state
 * folder remembers it. Reading needs none.
 */
export class BucketVault implements MachineVault {
  readonly place: string;
  keys?: Keys | undefined;
  readonly #client: S3Client;
  readonly #settings: BucketSettings;
  readonly #file: string;
  readonly #log: Pick<Log, 'info'>;
  #known: Promise<S3Vault> | undefined;

  constructor(client: S3Client, settings: BucketSettings, { state, log }: { state: string; log: Pick<Log, 'info'> }) {
    this.#client = client;
    this.#settings = settings;
    this.#file = join(state, storesFile);
    this.#log = log;
    this.place = placeOfVault({ s3: settings });
  }

  async create(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ size: number; crc32: string }> {
    return (await this.#ready()).create(key, bytes);
  }

  read(key: string): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
    return this.#vault().read(key);
  }

  list(prefix: string): Promise<Listed[]> {
    return this.#vault().list(prefix);
  }

  async retire(key: string): Promise<void> {
    await (await this.#ready()).retire(key);
  }

  async bringBack(key: string): Promise<void> {
    await (await this.#ready()).bringBack(key);
  }

  async clean(before: { retired: Date; unfinished: Date }, options?: { dryRun?: boolean }): Promise<number> {
    return (await this.#ready()).clean(before, options);
  }

  async discard(key: string): Promise<void> {
    await (await this.#ready()).discard(key);
  }

  /** Does nothing: unfinished uploads do not say whose they are, and `clean` removes those that are a day old. */
  async discardUnfinished(): Promise<number> {
    return 0;
  }

  async free(): Promise<undefined> {
    return undefined;
  }

  locate(key: string): string {
    return addressIn(this.#settings, key);
  }

  /** Rehearses again, so that a change of the bucket is noticed, and says which promise rests on what. */
  async probe(): Promise<string[]> {
    return promisesOf(await this.#rehearse(this.#remembered()?.can));
  }

  #ready(): Promise<S3Vault> {
    this.#known ??= this.#begin().catch((error: unknown) => {
      this.#known = undefined; // a failed rehearsal is repeated
      throw error;
    });
    return this.#known;
  }

  async #begin(): Promise<S3Vault> {
    const known = this.#remembered();
    if (!known) this.#log.info(`${this.place}: finding out what this store can do`);
    return this.#vault(known ?? (await this.#rehearse()));
  }

  #vault(rehearsal?: Rehearsal): S3Vault {
    const { bucket, prefix } = this.#settings;
    return new S3Vault(this.#client, bucket, { prefix: prefix === undefined ? '' : `${prefix}/`, ...(rehearsal && { can: rehearsal.can }) });
  }

  async #rehearse(known?: Rehearsal['can']): Promise<Rehearsal> {
    const { bucket, prefix } = this.#settings;
    const found = await rehearse(this.#client, bucket, prefix === undefined ? '' : `${prefix}/`, known);
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify({ ...this.#all(), [this.#name]: found }, null, 2), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      throw storageError(error, `write ${this.#file}`);
    }
    return found;
  }

  #remembered(): Rehearsal | undefined {
    return this.#all()[this.#name];
  }

  /** Returns every remembered rehearsal; none if the file cannot be understood, so that they are made again. */
  #all(): z.output<typeof rehearsals> {
    if (!existsSync(this.#file)) return {};
    try {
      return rehearsals.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      return {};
    }
  }

  get #name(): string {
    return `${this.#settings.endpoint ?? 'amazon'} ${this.place}`;
  }
}
