import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** A listening port of this machine, and the number of connections to it. */
export interface Peer {
  port: number;
  connections: number;
}

/** Listens on 127.0.0.1 until the test has finished, and hangs up on all clients; or passes them on to another port. */
export async function listeningPeer({ onward }: { onward?: number } = {}): Promise<Peer> {
  const server = createServer((client) => {
    peer.connections++;
    if (onward === undefined) return void client.destroy();
    const other = connect(onward, '127.0.0.1');
    client.on('error', () => other.destroy()).on('close', () => other.destroy());
    other.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(other).pipe(client);
  });
  const peer: Peer = { port: 0, connections: 0 };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  peer.port = (server.address() as AddressInfo).port;
  return peer;
}
