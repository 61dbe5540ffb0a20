import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf, operationOf, type Refusal, type Service, serviceOf, written } from './aws-requests.ts';
import { type Answer, DynamodbTurns } from './dynamodb-turns.ts';
import { S3Checks, type Store } from './s3-checks.ts';

/**
 * Fault of a request. `lose the answer`: it is carried out, and the answer does not arrive; `cut the answer`: half of
 * it does. `tell another size` is for HEAD, whose answer has no body. `list two` is none: S3 may list fewer keys than it
 * was asked for.
 */
export type Fault =
  | Refusal
  | {
      does:
        | 'reset half-way'
        | 'lose the answer'
        | 'cut the answer'
        | 'answer 200 with an error'
        | 'tell another checksum'
        | 'tell another size'
        | 'flip a byte'
        | 'list two';
    }
  | { waitsFor: Promise<void> };

/** More times than anything is tried. */
export const always = 1_000_000;

export interface Call {
  operation: string;
  /** Key of an object in S3. */
  key: string;
  query: string;
  body: string;
}

interface Planned {
  fault: Fault;
  left: number;
  /** Calls that go through before the next that fails. */
  passing: number;
  every: number;
  of: RegExp;
}

/**
 * Stands before an emulator of AWS and makes it more exact: it checks what S3 checks, and keeps DynamoDB's order.
 * Records every call, and makes chosen ones fail.
 */
export class FaultProxy implements AsyncDisposable {
  readonly calls: Call[] = [];
  readonly #target: URL;
  readonly #checks: S3Checks;
  readonly #turns = new DynamodbTurns();
  readonly #faults = new Map<string, Planned>();
  readonly #server: Server;

  private constructor(target: string, store?: Store) {
    this.#target = new URL(target);
    this.#checks = new S3Checks(target, store);
    this.#server = createServer((incoming, outgoing) => {
      // its client was cut off, or gave up
      this.serve(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
    });
  }

  /** Starts one before `target`; `store` is the kind of S3 that it stands for. */
  static async before(target: string, store?: Store): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, store);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * Makes `times` calls of that operation fail, every `every`th beginning with the `from`th; then everything goes
   * through again. In S3, only for keys that match `of`.
   */
  fail(operation: string, fault: Fault, { times = 1, from = 1, every = 1, of = /^/ } = {}): void {
    this.#faults.set(operation, { fault, left: times, passing: from - 1, every, of });
  }

  /** Lets everything through from now on. */
  heal(): void {
    this.#faults.clear();
  }

  /** Lists operations that have not failed as often as they should. */
  outstanding(): string[] {
    return [...this.#faults].flatMap(([operation, { left }]) => (left > 0 ? [operation] : []));
  }

  operations(): string[] {
    return this.calls.map(({ operation }) => operation);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Answers a request that came to another server in this process, which has read its body. */
  async serve(incoming: IncomingMessage, outgoing: ServerResponse, read?: Buffer): Promise<void> {
    const service = serviceOf(incoming);
    const early = read ?? (service === 'ses' || service === 'sns' ? await bodyOf(incoming) : undefined);
    const operation = operationOf(incoming, early);
    const { pathname, search, searchParams } = new URL(incoming.url ?? '/', this.#target);
    const call = { operation, key: decodeURIComponent(pathname.split('/').slice(2).join('/')), query: search, body: '' };
    const fault = this.#next(call);
    this.calls.push(call);
    if (fault && 'waitsFor' in fault) await fault.waitsFor;
    const does = fault && 'does' in fault ? fault.does : undefined;
    if (does === 'reset half-way') {
      if (!read) await once(incoming, 'data');
      incoming.socket.destroy();
      return;
    }
    const body = early ?? (await bodyOf(incoming));
    if (service !== 's3') call.body = body.toString();
    if (does === 'flip a byte') body[body.length >> 1] = ~(body[body.length >> 1] ?? 0);
    if (fault && 'error' in fault) return refuse(outgoing, service, fault);
    if (does === 'answer 200 with an error') return refuse(outgoing, service, { error: 200, code: 'InternalError' });
    const refusal = service === 's3' && (await this.#checks.of({ operation, path: pathname, query: searchParams, headers: incoming.headers, body }));
    if (refusal) return refuse(outgoing, service, { error: refusal.status, code: refusal.code });
    const carryOut = () => this.#forward(incoming, body, does === 'list two' ? '&max-keys=2' : '');
    answer(outgoing, service === 'dynamodb' ? await this.#turns.take(body, carryOut) : await carryOut(), does);
  }

  async #forward(incoming: IncomingMessage, body: Buffer, more: string): Promise<Answer> {
    const { hostname, port } = this.#target;
    const { expect: _, ...headers } = incoming.headers;
    const asked = send({ hostname, port, method: incoming.method, path: `${incoming.url}${more}`, headers });
    asked.end(body);
    const [answered] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: answered.statusCode ?? 500, headers: answered.headers, content: await bodyOf(answered) };
  }

  #next({ operation, key }: Call): Fault | undefined {
    const planned = this.#faults.get(operation);
    if (!planned?.of.test(key) || planned.passing-- > 0 || planned.left <= 0) return undefined;
    planned.left -= 1;
    planned.passing = planned.every - 1;
    return planned.fault;
  }
}

function answer(outgoing: ServerResponse, { status, headers, content }: Answer, does: string | undefined): void {
  if (does === 'lose the answer') return void outgoing.destroy();
  outgoing.writeHead(status, {
    ...headers,
    ...(does === 'tell another checksum' && { 'x-amz-checksum-crc32': 'AAAAAA==' }),
    ...(does === 'tell another size' && { 'content-length': String(Number(headers['content-length']) + 1) }),
  });
  if (does === 'cut the answer') outgoing.write(content.subarray(0, content.length >> 1), () => outgoing.destroy());
  else outgoing.end(content);
}

function refuse(outgoing: ServerResponse, service: Service, refusal: Refusal): void {
  const { type, text } = written(service, refusal);
  outgoing.writeHead(refusal.error, { 'content-type': type, 'x-amz-request-id': 'REQUEST1' }).end(text);
}
