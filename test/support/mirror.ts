import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { debianMirrors } from '../../layers/recipe/mirrors.ts';

/** Misdeed of a mirror: it lacks the file, breaks the connection half-way, is out of order, or serves other bytes. */
export type Misdeed = 'gone' | 'cut' | 'broken' | ((bytes: Buffer) => Buffer | Promise<Buffer>);

export interface Mirror {
  address: string;
  /** Requested paths, in order. */
  asked: string[];
  /** Misdeeds for files whose path matches, `times` times (always by default). */
  misdeeds: { path: RegExp; deed: Misdeed; times?: number }[];
}

/** Starts a mirror on this machine that serves a real one's files, except for its misdeeds. */
export async function startMirror(...misdeeds: Mirror['misdeeds']): Promise<Mirror> {
  const [real = ''] = debianMirrors();
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').slice(1);
    asked.push(path);
    const misdeed = misdeeds.find((each) => each.path.test(path) && (each.times ?? 1) > 0);
    if (misdeed?.times !== undefined) misdeed.times -= 1;
    const deed = misdeed?.deed;
    if (deed === 'gone' || deed === 'broken') return void response.writeHead(deed === 'gone' ? 404 : 503).end();
    const original = await realFile(`${real}/${path}`);
    if (original === undefined) return void response.writeHead(404).end();
    const bytes = typeof deed === 'function' ? await deed(original) : original;
    response.writeHead(200, { 'content-length': bytes.byteLength });
    if (deed === 'cut') return void response.write(bytes.subarray(0, bytes.byteLength / 2), () => response.destroy());
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, misdeeds };
}

/** Fetches a file from a real mirror, and keeps it, because tests ask for the same ones again and again. */
export async function realFile(address: string): Promise<Buffer | undefined> {
  const known = kept.get(address) ?? fetch(address).then(async (response) => (response.ok ? Buffer.from(await response.arrayBuffer()) : undefined));
  kept.set(address, known);
  return await known;
}

const kept = new Map<string, Promise<Buffer | undefined>>();
