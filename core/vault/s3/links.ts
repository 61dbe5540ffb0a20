import type { S3Client } from '@aws-sdk/client-s3';
import type { Links } from '../links.ts';
import { presignDownload } from './presign.ts';

/** Presigned addresses of a bucket. Right: s3:GetObject. */
export class S3Links implements Links {
  readonly #bucket: { client: S3Client; name: string };

  constructor(client: S3Client, bucket: string) {
    this.#bucket = { client, name: bucket };
  }

  toDownload(key: string, options: { seconds: number; fileName: string }): Promise<string> {
    return presignDownload(this.#bucket, key, options);
  }
}
