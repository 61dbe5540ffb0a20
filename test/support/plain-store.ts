import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import type { S3Client } from '@aws-sdk/client-s3';
import { s3At } from './buckets.ts';

/** A store that keeps files, and has no more than the first version of S3 had. */
export interface PlainStore extends AsyncDisposable {
  endpoint: string;
  bucket: string;
  client(): S3Client;
}

const key = 'S3RVER';

/**
 * Starts s3rver, which others keep, in this process: it knows neither conditions, checksums and versions nor how to list
 * or abort an upload.
 */
export async function plainStore(bucket = 'vault'): Promise<PlainStore> {
  const directory = mkdtempSync(join(tmpdir(), 'sauvegarde-store-'));
  const store = new S3rver({ silent: true, directory, vhostBuckets: false, allowMismatchedSignatures: true, configureBuckets: [{ name: bucket }] });
  await store.configureBuckets();
  const server: Server = await store.listen(0, '127.0.0.1');
  if (!server.listening) await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    bucket,
    client: () =>
      s3At(endpoint, { forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED', credentials: { accessKeyId: key, secretAccessKey: key } }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
