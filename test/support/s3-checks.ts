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

/** A signature, which the emulator wants to see and does not check. */
const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=testing/20261122/eu-west-3/s3/aws4_request, SignedHeaders=host, Signature=0' };

/** An error as S3's answer. */
export interface S3Error {
  status: number;
  code: string;
}

/**
 * A store to stand for. `amazon` checks everything below; `equal parts` refuses parts of different sizes as Cloudflare
 * R2 does, and `no conditions` refuses to write under a condition as Backblaze B2 does. `silent` checks nothing.
 */
export type Store = 'amazon' | 'equal parts' | 'no conditions' | 'silent';

/**
 * Checks of S3 that the emulator skips: the CRC-32 of an object, of a part and of all parts together; the size of all
 * parts; writes to free keys only and no copies of whole objects, as the bucket's policy has it; and no deletion of a
 * version.
 */
export class S3Checks {
  readonly #endpoint: string;
  readonly #parts = new Map<string, Map<number, Buffer>>();

  readonly #store: Store;

  constructor(endpoint: string, store: Store = 'amazon') {
    this.#endpoint = endpoint;
    this.#store = store;
  }

  /** Returns the error with which S3 would refuse the request, if any. */
  async of(request: S3Request): Promise<S3Error | undefined> {
    const { operation, path, query, headers, body } = request;
    const part = () => this.#partsOf(query).set(Number(query.get('partNumber')), body);
    if (this.#store === 'silent') return undefined;
    if (this.#store === 'no conditions' && headers['if-none-match']) return { status: 501, code: 'NotImplemented' };
    if (headers['content-encoding']?.includes('aws-chunked')) return { status: 501, code: 'NotImplemented' };
    if (this.#store === 'amazon' && ['PutObject', 'CopyObject', 'CompleteMultipartUpload'].includes(operation) && headers['if-none-match'] !== '*')
      return { status: 403, code: 'AccessDenied' };
    if (this.#store === 'amazon' && operation === 'CopyObject') return { status: 501, code: 'NotImplemented' };
    if (operation === 'DeleteObject' && query.has('versionId')) return { status: 403, code: 'AccessDenied' };
    if (operation === 'CopyObject' && headers['if-none-match'] && (await fetch(this.#endpoint + path, { method: 'HEAD', headers: signed })).ok)
      return { status: 412, code: 'PreconditionFailed' };
    if (operation === 'PutObject' || operation === 'UploadPart') {
      const sum = headers['x-amz-checksum-crc32'];
      if (sum === undefined ? this.#store === 'amazon' : sum !== base64Of(crc32(body))) return { status: 400, code: 'BadDigest' };
      if (operation === 'UploadPart') part();
    }
    if (operation === 'UploadPartCopy') this.#partsOf(query).set(Number(query.get('partNumber')), await this.#source(headers));
    if (operation === 'CompleteMultipartUpload') return this.#whole(request);
    return undefined;
  }

  #whole({ query, headers }: S3Request): S3Error | undefined {
    const bytes = Buffer.concat([...this.#partsOf(query)].sort(([one], [other]) => one - other).map(([, part]) => part));
    const sizes = [...this.#partsOf(query)].sort(([one], [other]) => one - other).map(([, part]) => part.length);
    if (this.#store === 'equal parts' && sizes.slice(1, -1).some((size) => size !== sizes[0])) return { status: 400, code: 'InvalidPart' };
    if (this.#store !== 'amazon' && headers['x-amz-checksum-crc32'] === undefined) return undefined;
    const sameSum = headers['x-amz-checksum-type'] === 'FULL_OBJECT' && headers['x-amz-checksum-crc32'] === base64Of(crc32(bytes));
    if (!sameSum) return { status: 400, code: 'BadDigest' };
    return Number(headers['x-amz-mp-object-size']) === bytes.length ? undefined : { status: 400, code: 'InvalidRequest' };
  }

  async #source(headers: IncomingHttpHeaders): Promise<Buffer> {
    const answer = await fetch(`${this.#endpoint}/${headers['x-amz-copy-source']}`, {
      headers: { ...signed, range: String(headers['x-amz-copy-source-range']) },
    });
    return Buffer.from(await answer.arrayBuffer());
  }

  #partsOf(query: URLSearchParams): Map<number, Buffer> {
    const id = query.get('uploadId') ?? '';
    const parts = this.#parts.get(id) ?? new Map<number, Buffer>();
    this.#parts.set(id, parts);
    return parts;
  }
}
