import type { AddressInfo, Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { decoded } from './mail.ts';

export interface Received {
  from: string;
  to: string[];
  /** Headers and text, decoded. */
  content: string;
  /** True if it came over TLS. */
  isSecure: boolean;
}

/**
 * Starts a mail server on the loopback that accepts everything that `options` do not refuse, until the test has
 * finished. `address` follows `smtp://` in its URL.
 */
export async function mailServer(options: SMTPServerOptions = {}, host = '127.0.0.1'): Promise<{ address: string; received: Received[] }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    closeTimeout: 100,
    onData(stream, { envelope, secure }, callback) {
      buffer(stream).then((bytes) => {
        const { mailFrom, rcptTo } = envelope;
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          content: decoded(bytes.toString('utf8')),
          isSecure: secure,
        });
        callback();
      }, callback);
    },
    ...options,
  });
  server.on('error', () => undefined); // tests also let clients go away
  await listening(server.listen(0, host));
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  return { address: addressOf(server.server), received };
}

export async function listening(server: Server): Promise<void> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
}

export function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Makes a refusal with its SMTP code. */
export function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
