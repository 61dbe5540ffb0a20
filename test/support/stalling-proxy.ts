import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listening } from './mail-server.ts';

/**
 * Starts a proxy to a server. Nothing comes any more on a connection after `bytes` bytes, as on a network that
 * fails silently. Returns its port on 127.0.0.1.
 */
export function stallingAfter(bytes: number, port: number): Promise<number> {
  return proxy(port, bytes, ({ onward }) => void onward.pause());
}

/**
 * Starts a proxy to a server that resets one connection: the one on which `bytes` bytes are exceeded first, once `when`
 * has resolved. Those after it last. Returns its port on 127.0.0.1.
 */
export function resettingOnce(bytes: number, port: number, when: () => Promise<unknown>): Promise<number> {
  let reset: Socket | undefined;
  return proxy(port, bytes, ({ client, onward }, chunk) => {
    if (reset && reset !== client) return void client.write(chunk);
    reset = client;
    onward.pause();
    void when().then(() => client.resetAndDestroy());
  });
}

/** Passes on what comes, and hands over all that comes from the server after `bytes` bytes of a connection. */
async function proxy(port: number, bytes: number, beyond: (pair: { client: Socket; onward: Socket }, chunk: Buffer) => void): Promise<number> {
  const server = createServer((client) => {
    let passed = 0;
    const onward = connect(port, '127.0.0.1');
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(onward);
    onward.on('data', (chunk: Buffer) => {
      passed += chunk.byteLength;
      if (passed > bytes) beyond({ client, onward }, chunk);
      else client.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}
