import { connect } from 'node:net';
import { SourceUnreachableError } from '../../../errors.ts';
import { mysqlError } from '../failures.ts';
import type { Family } from '../family.ts';
import type { Connection } from './connection.ts';

/** Longest wait for a server's greeting, in milliseconds. */
const patience = 20_000;

/** First byte of an error packet: too many connections, or a host that may not connect. */
const refusal = 0xff;

/**
 * Capability that tells MySQL from MariaDB. MySQL always sets it; MariaDB has left it unset since 10.2 for this purpose
 * (MariaDB's documentation, "Connection", CLIENT_MYSQL).
 */
const isMysql = 1;
/** CLIENT_SSL. */
const speaksTls = 0x0800;

/** Facts that a server tells everybody who connects. */
export interface Greeting {
  family: Family;
  speaksTls: boolean;
}

/**
 * Reads the family of a server, and whether it speaks TLS, from the packet with which it greets everybody who connects.
 * This needs no password, no program of the other family, and no trust in the version that the server claims. A proxy
 * may greet in its own way, so the server itself is asked again later.
 * Undefined if the packet does not tell. Throws SourceUnreachableError if nobody answers, and otherwise the error that
 * a refusal means.
 */
export async function greetingOf(connection: Connection, signal: AbortSignal): Promise<Greeting | undefined> {
  signal.throwIfAborted();
  const packet = await firstPacket(connection, signal).catch((error: NodeJS.ErrnoException) => {
    signal.throwIfAborted();
    throw new SourceUnreachableError(`no connection to ${connection.socket ?? `${connection.host}:${connection.port}`}: ${error.code ?? error.message}`);
  });
  if (packet[0] === refusal) throw mysqlError('the server', 1, `ERROR ${packet.readUInt16LE(1)}: ${packet.toString('utf8', 3).replace(/^#...../, '')}`);
  return greetingIn(packet);
}

function firstPacket({ host, port, socket }: Connection, signal: AbortSignal): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const line = connect({ ...(socket === undefined ? { host, port } : { path: socket }), signal });
    line.setTimeout(patience, () => line.destroy(new Error(`the server has not greeted for ${patience / 1000} s`)));
    line.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 4 && received.length >= 4 + received.readUIntLE(0, 3)) line.destroy();
    });
    line.on('error', reject).on('close', () => resolve(received.subarray(4)));
  });
}

/**
 * Protocol::HandshakeV10: the number 10; the version and a zero; a number of 4 bytes; 8 random bytes and a zero; the
 * lower capabilities.
 */
function greetingIn(packet: Buffer): Greeting | undefined {
  const version = packet.indexOf(0, 1);
  const at = version + 1 + 4 + 8 + 1;
  if (packet[0] !== 10 || version < 0 || packet.length < at + 2) return undefined;
  const capabilities = packet.readUInt16LE(at);
  return { family: capabilities & isMysql ? 'mysql' : 'mariadb', speaksTls: (capabilities & speaksTls) !== 0 };
}
