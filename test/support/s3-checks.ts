import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { base64Of } from '../../core/vault/s3/upload.ts';

/** A request to S3 as it came in. */
export interface S3Request {
  operation: string;
  /** Path with the bucket, from `/`. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** An error as S3's answer. */
export interface S3Error {
  status: number;
  code: string;
}

/**
 * Checks of S3 that the emulator skips: the CRC-32 of an object, of a part and of all parts together; the size of all
 * parts; writes to free keys only and no copies of whole objects, as the bucket's policy has it; and no deletion of a
 * version.
 */
export class S3Checks {
  readonly #endpoint: string;
  readonly #parts = new Map<string, Map<number, Buffer>>();

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** Returns the error with which S3 would refuse the request, if any. */
  async of(request: S3Request): Promise<S3Error | undefined> {
    const { operation, query, headers, body } = request;
    const part = () => this.#partsOf(query).set(Number(query.get('partNumber')), body);
    if (headers['content-encoding']?.includes('aws-chunked')) return { status: 501, code: 'NotImplemented' };
    if (['PutObject', 'CopyObject', 'CompleteMultipartUpload'].includes(operation) && headers['if-none-match'] !== '*')
      return { status: 403, code: 'AccessDenied' };
    if (operation === 'CopyObject') return { status: 501, code: 'NotImplemented' };
    if (operation === 'DeleteObject' && query.has('versionId')) return { status: 403, code: 'AccessDenied' };
    if (operation === 'PutObject' || operation === 'UploadPart') {
      if (headers['x-amz-checksum-crc32'] !== base64Of(crc32(body))) return { status: 400, code: 'BadDigest' };
      if (operation === 'UploadPart') part();
    }
    if (operation === 'UploadPartCopy') this.#partsOf(query).set(Number(query.get('partNumber')), await this.#source(headers));
    if (operation === 'CompleteMultipartUpload') return this.#whole(request);
    return undefined;
  }

  #whole({ query, headers }: S3Request): S3Error | undefined {
    const bytes = Buffer.concat([...this.#partsOf(query)].sort(([one], [other]) => one - other).map(([, part]) => part));
    const sameSum = headers['x-amz-checksum-type'] === 'FULL_OBJECT' && headers['x-amz-checksum-crc32'] === base64Of(crc32(bytes));
    if (!sameSum) return { status: 400, code: 'BadDigest' };
    return Number(headers['x-amz-mp-object-size']) === bytes.length ? undefined : { status: 400, code: 'InvalidRequest' };
  }

  async #source(headers: IncomingHttpHeaders): Promise<Buffer> {
    const answer = await fetch(`${this.#endpoint}/${headers['x-amz-copy-source']}`, { headers: { range: String(headers['x-amz-copy-source-range']) } });
    return Buffer.from(await answer.arrayBuffer());
  }

  #partsOf(query: URLSearchParams): Map<number, Buffer> {
    const id = query.get('uploadId') ?? '';
    const parts = this.#parts.get(id) ?? new Map<number, Buffer>();
    this.#parts.set(id, parts);
    return parts;
  }
}
