import { connect, createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { listening } from './mail-server.ts';

/**
 * Starts a proxy to a server on which nothing comes any more after `bytes` bytes, as on a network that fails silently.
 * Returns its port on 127.0.0.1.
 */
export async function stallingAfter(bytes: number, port: number): Promise<number> {
  let passed = 0;
  const server = createServer((client) => {
    const onward = connect(port, '127.0.0.1');
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(onward);
    onward.on('data', (chunk) => {
      passed += chunk.byteLength;
      if (passed > bytes) onward.pause();
      else client.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}
