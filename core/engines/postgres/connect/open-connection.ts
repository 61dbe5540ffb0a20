import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from '../../../bytes/storage-error.ts';
import { certificatesOfRds, rdsAuthorities } from '../../server/rds-authorities.ts';
import { type Connection, connectionOf } from './connection.ts';

/**
 * Opens a connection that PostgreSQL's programs can use until it is disposed of. With `sslrootcert=rds`, a private file
 * holds AWS's certificate authorities meanwhile.
 */
export async function openConnection(address: string, scratch: string): Promise<{ connection: Connection } & AsyncDisposable> {
  const connection = connectionOf(address);
  if (connection.PGSSLROOTCERT !== rdsAuthorities) return { connection, [Symbol.asyncDispose]: async () => undefined };
  const file = join(scratch, `rds-${randomUUID()}.pem`);
  const certificates = await certificatesOfRds();
  try {
    await writeFile(file, certificates, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw storageError(error, `write ${file}`);
  }
  return { connection: { ...connection, PGSSLROOTCERT: file }, [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}
