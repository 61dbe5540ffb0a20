import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { S3Checks, type S3Request } from './s3-checks.ts';

/** What happens to a request. `lost`: S3 does what it was asked, and the answer does not arrive; `cut`: half of the answer does. */
export type Fault =
  | { error: number; code: string }
  | { does: 'reset half-way' | 'lose the answer' | 'cut the answer' | 'answer 200 with an error' | 'tell another checksum' | 'flip a byte' }
  | { waitsFor: Promise<void> };

export interface Call {
  operation: string;
  key: string;
  query: string;
}

/** Stands before an emulator of S3, checks what S3 checks, writes down every call, and makes one fail that is told to. */
export class FaultProxy implements AsyncDisposable {
  readonly calls: Call[] = [];
  readonly #target: URL;
  readonly #checks: S3Checks;
  readonly #faults = new Map<string, { fault: Fault; from: number; left: number }>();
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#checks = new S3Checks(target);
    this.#server = createServer((incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error)); // its client was cut off, or gave up
    });
  }

  static async before(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From the `from`th call of that operation on, so many times; then everything goes through again. */
  fail(operation: string, fault: Fault, { times = 1, from = 1 } = {}): void {
    this.#faults.set(operation, { fault, from, left: times });
  }

  operations(): string[] {
    return this.calls.map(({ operation }) => operation);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', this.#target);
    const operation = operationOf(incoming, url);
    const fault = this.#next(operation);
    this.calls.push({ operation, key: decodeURIComponent(url.pathname.split('/').slice(2).join('/')), query: url.search });
    if (fault && 'waitsFor' in fault) await fault.waitsFor;
    const does = fault && 'does' in fault ? fault.does : undefined;
    if (does === 'reset half-way') {
      await once(incoming, 'data');
      incoming.socket.destroy();
      return;
    }
    const body = await buffer(incoming);
    if (does === 'flip a byte') body[body.length >> 1] = ~(body[body.length >> 1] ?? 0);
    if (fault && 'error' in fault) return refuse(outgoing, fault.error, fault.code);
    if (does === 'answer 200 with an error') return refuse(outgoing, 200, 'InternalError');
    const request: S3Request = { operation, path: url.pathname, query: url.searchParams, headers: incoming.headers, body };
    const refused = await this.#checks.of(request);
    if (refused) return refuse(outgoing, refused.status, refused.code);
    await this.#forward(incoming, body, outgoing, does);
  }

  async #forward(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse, does: string | undefined): Promise<void> {
    const { hostname, port } = this.#target;
    const { expect: _, ...headers } = incoming.headers;
    const asked = send({ hostname, port, method: incoming.method, path: incoming.url, headers });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const content = await buffer(answer);
    if (does === 'lose the answer') {
      outgoing.destroy();
      return;
    }
    if (does === 'tell another checksum') answer.headers['x-amz-checksum-crc32'] = 'AAAAAA==';
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    if (does === 'cut the answer') outgoing.write(content.subarray(0, content.length >> 1), () => outgoing.destroy());
    else outgoing.end(content);
  }

  #next(operation: string): Fault | undefined {
    const planned = this.#faults.get(operation);
    if (!planned || --planned.from > 0 || planned.left-- <= 0) return undefined;
    return planned.fault;
  }
}

function refuse(outgoing: ServerResponse, status: number, code: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'REQUEST1' });
  outgoing.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>the proxy said so</Message><RequestId>REQUEST1</RequestId></Error>`,
  );
}

/** The name that S3 gives to a request. */
function operationOf({ method, headers }: IncomingMessage, { pathname, searchParams }: URL): string {
  const isBucket = pathname.split('/').filter(Boolean).length < 2;
  const copy = headers['x-amz-copy-source'] ? 'Copy' : '';
  if (searchParams.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : 'ListMultipartUploads';
  if (searchParams.has('uploadId'))
    return { PUT: `UploadPart${copy}`, POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload', GET: 'ListParts' }[method ?? ''] ?? 'unknown';
  if (isBucket) return method === 'GET' ? (searchParams.has('versions') ? 'ListObjectVersions' : 'ListObjectsV2') : `${method} bucket`;
  return { PUT: copy ? 'CopyObject' : 'PutObject', DELETE: 'DeleteObject', HEAD: 'HeadObject', GET: 'GetObject' }[method ?? ''] ?? 'unknown';
}
