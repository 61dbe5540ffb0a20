import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand,
  type UploadPartCommandInput,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { release } from '../../bytes/blocks.ts';

/** Largest number of bytes on their way to S3 at a time: four of the smallest parts, or one larger part. */
const onTheWay = 32 * 1024 * 1024;

type Begun = Pick<UploadPartCommandInput, 'Bucket' | 'Key' | 'UploadId'>;

/** Writes a CRC-32 as S3 does: big-endian, in Base64. */
export function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

/**
 * A multipart upload whose CRC-32 covers the whole object; S3 checks it at the end. It ends with `complete` or `abort`.
 * lib-storage is no substitute: it wants the checksum before the first byte, has parts of one size, and was slower.
 */
export class MultipartUpload {
  readonly #client: S3Client;
  readonly #upload: Begun;
  readonly #parts: CompletedPart[] = [];
  readonly #moving = new Set<Promise<void>>();
  #load = 0;
  #failure: { error: unknown } | undefined;

  private constructor(client: S3Client, upload: Begun) {
    this.#client = client;
    this.#upload = upload;
  }

  static async begin(client: S3Client, target: Pick<CreateMultipartUploadCommandInput, 'Bucket' | 'Key' | 'Metadata'>): Promise<MultipartUpload> {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }));
    return new MultipartUpload(client, { Bucket: target.Bucket, Key: target.Key, UploadId });
  }

  /**
   * Returns once the part is on its way, which is when there is room for it. Releases its memory once S3 has it. Throws
   * the error of an earlier part.
   */
  async send(number: number, bytes: Uint8Array): Promise<void> {
    const ChecksumCRC32 = base64Of(crc32(bytes));
    const command = new UploadPartCommand({ ...this.#upload, PartNumber: number, Body: bytes, ChecksumAlgorithm: 'CRC32', ChecksumCRC32 });
    await this.#move(bytes.byteLength, async () => {
      const { ETag } = await this.#client.send(command);
      release(bytes);
      return { PartNumber: number, ETag, ChecksumCRC32 };
    });
  }

  /** Sends a range of an object that S3 has, as `send` does. Four at a time. */
  async copy(number: number, source: { CopySource: string; CopySourceRange: string }): Promise<void> {
    const command = new UploadPartCopyCommand({ ...this.#upload, ...source, PartNumber: number });
    await this.#move(onTheWay / 4, async () => {
      const { CopyPartResult: { ETag, ChecksumCRC32 } = {} } = await this.#client.send(command);
      return { PartNumber: number, ETag, ChecksumCRC32 };
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
    await this.#client.send(
      new CompleteMultipartUploadCommand({
        ...this.#upload,
        MultipartUpload: { Parts: this.#parts.toSorted((one, other) => (one.PartNumber ?? 0) - (other.PartNumber ?? 0)) },
        MpuObjectSize: size,
        ChecksumType: 'FULL_OBJECT',
        ChecksumCRC32: crc,
        IfNoneMatch: '*',
      }),
    );
  }

  /** Aborts the upload once every part has ended: S3 would keep, unseen, a part that arrives later. */
  async abort(): Promise<void> {
    await Promise.all(this.#moving);
    await this.#client.send(new AbortMultipartUploadCommand(this.#upload));
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
