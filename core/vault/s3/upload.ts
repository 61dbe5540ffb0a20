import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  UploadPartCommand,
  type UploadPartCommandInput,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { release } from '../../bytes/blocks.ts';
import type { Abilities } from './abilities.ts';
import type { Bucket } from './bucket.ts';

/** Largest number of bytes on their way to S3 at a time: four of the smallest parts, or one larger part. */
const onTheWay = 32 * 1024 * 1024;

type Begun = Pick<UploadPartCommandInput, 'Bucket' | 'Key' | 'UploadId'>;

/** Writes a CRC-32 as S3 does: big-endian, in Base64. */
export function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

/** Announces a CRC-32 with the bytes, to a store that compares it. */
export function announced({ checksums }: Pick<Abilities, 'checksums'>, crc: number): { ChecksumAlgorithm?: 'CRC32'; ChecksumCRC32?: string } {
  return checksums ? { ChecksumAlgorithm: 'CRC32', ChecksumCRC32: base64Of(crc) } : {};
}

/** Asks for a free key, of a store that can refuse a taken one. */
export function onlyIfFree({ createsOnly }: Pick<Abilities, 'createsOnly'>): { IfNoneMatch?: '*' } {
  return createsOnly ? { IfNoneMatch: '*' } : {};
}

/**
 * A multipart upload whose CRC-32 covers the whole object; S3 checks it at the end. It ends with `complete` or `abort`.
 * lib-storage is no substitute: it wants the checksum before the first byte, has parts of one size, and was slower.
 */
export class MultipartUpload {
  readonly #bucket: Pick<Bucket, 'client' | 'can'>;
  readonly #upload: Begun;
  readonly #parts: CompletedPart[] = [];
  readonly #moving = new Set<Promise<void>>();
  #load = 0;
  #failure: { error: unknown } | undefined;

  private constructor(bucket: Pick<Bucket, 'client' | 'can'>, upload: Begun) {
    this.#bucket = bucket;
    this.#upload = upload;
  }

  static async begin(
    bucket: Pick<Bucket, 'client' | 'can'>,
    target: Pick<CreateMultipartUploadCommandInput, 'Bucket' | 'Key' | 'Metadata'>,
  ): Promise<MultipartUpload> {
    const compared = bucket.can.checksums ? ({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const) : {};
    const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand({ ...target, ...compared }));
    return new MultipartUpload(bucket, { Bucket: target.Bucket, Key: target.Key, UploadId });
  }

  /**
   * Returns once the part is on its way, which is when there is room for it. Releases its memory once S3 has it. Throws
   * the error of an earlier part.
   */
  async send(number: number, bytes: Uint8Array): Promise<void> {
    const { ChecksumAlgorithm, ...sum } = announced(this.#bucket.can, crc32(bytes));
    const command = new UploadPartCommand({ ...this.#upload, PartNumber: number, Body: bytes, ChecksumAlgorithm, ...sum });
    await this.#move(bytes.byteLength, async () => {
      const { ETag } = await this.#bucket.client.send(command);
      release(bytes);
      return { PartNumber: number, ETag, ...sum };
    });
  }

  /** Sends a range of an object that S3 has, as `send` does. Four at a time. */
  async copy(number: number, source: { CopySource: string; CopySourceRange: string }): Promise<void> {
    const command = new UploadPartCopyCommand({ ...this.#upload, ...source, PartNumber: number });
    await this.#move(onTheWay / 4, async () => {
      const { CopyPartResult: { ETag, ChecksumCRC32 } = {} } = await this.#bucket.client.send(command);
      return { PartNumber: number, ETag, ...(this.#bucket.can.checksums && { ChecksumCRC32 }) };
    });
  }

  /** Waits until S3 has every part. Throws the error of any of them. */
  async settle(): Promise<void> {
    await Promise.all(this.#moving);
    if (this.#failure) throw this.#failure.error;
  }

  /**
   * Makes the object visible, if its key is free and S3 finds the same size (bytes) and CRC-32 (Base64) over all parts.
   */
  async complete(size: number, crc: string | undefined): Promise<void> {
    const { can, client } = this.#bucket;
    await client.send(
      new CompleteMultipartUploadCommand({
        ...this.#upload,
        MultipartUpload: { Parts: this.#parts.toSorted((one, other) => (one.PartNumber ?? 0) - (other.PartNumber ?? 0)) },
        ...(can.checksums && { MpuObjectSize: size, ChecksumType: 'FULL_OBJECT', ChecksumCRC32: crc }),
        ...onlyIfFree(can),
      }),
    );
  }

  /** Aborts the upload once every part has ended: S3 would keep, unseen, a part that arrives later. */
  async abort(): Promise<void> {
    await Promise.all(this.#moving);
    await this.#bucket.client.send(new AbortMultipartUploadCommand(this.#upload));
  }

  async #move(load: number, work: () => Promise<CompletedPart>): Promise<void> {
    while (this.#load > 0 && this.#load + load > onTheWay) await Promise.race(this.#moving);
    if (this.#failure) throw this.#failure.error;
    this.#load += load;
    const moving: Promise<void> = work()
      .then(
        (part) => {
          this.#parts.push(part);
        },
        (error: unknown) => {
          this.#failure ??= { error };
        },
      )
      .finally(() => {
        this.#load -= load;
        this.#moving.delete(moving);
      });
    this.#moving.add(moving);
  }
}
