import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** A listening port of this machine, and how often it was connected to. */
export interface Peer {
  port: number;
  connections: number;
}

/** Somebody whom nothing may connect to: listens on 127.0.0.1 until the test has finished, and hangs up on whoever calls. */
export async function listeningPeer(): Promise<Peer> {
  const server = createServer((socket) => {
    peer.connections++;
    socket.destroy();
  });
  const peer: Peer = { port: 0, connections: 0 };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  peer.port = (server.address() as AddressInfo).port;
  return peer;
}
