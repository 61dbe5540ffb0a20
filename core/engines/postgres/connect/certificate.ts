import { once } from 'node:events';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { certificateEnd } from '../../server/certificate-end.ts';
import type { Connection } from './connection.ts';

/** Longest wait, in milliseconds: no backup waits for this. */
const patience = 5000;
/** SSLRequest (documentation, "Message Formats"), and the byte by which a server agrees. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const agreed = 'S'.charCodeAt(0);

/**
 * Returns the end of the certificate that a server shows, ISO 8601 in UTC, without signing in. Undefined if the
 * connection does not verify it, or if it cannot be had within a few seconds.
 */
export async function certificateEndOf({ PGHOST = '', PGPORT, PGSSLMODE = '' }: Connection, signal: AbortSignal): Promise<string | undefined> {
  if (!PGSSLMODE.startsWith('verify-') || PGHOST === '' || /[,/]/.test(PGHOST)) return undefined;
  const within = { signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) };
  const line = connectTcp({ host: PGHOST, port: Number(PGPORT || 5432) });
  line.on('error', () => undefined); // waited for below
  try {
    await once(line, 'connect', within);
    line.write(sslRequest);
    const [answer] = (await once(line, 'data', within)) as [Buffer];
    if (answer[0] !== agreed) return undefined;
    const safe = connectTls({ socket: line, rejectUnauthorized: false, ...(isIP(PGHOST) === 0 && { servername: PGHOST }) });
    safe.on('error', () => undefined);
    await once(safe, 'secureConnect', within);
    const { valid_from: from, valid_to: to } = safe.getPeerCertificate();
    return certificateEnd(from, to);
  } catch {
    return undefined; // whatever is wrong with the server, the dump itself says
  } finally {
    line.destroy();
  }
}
