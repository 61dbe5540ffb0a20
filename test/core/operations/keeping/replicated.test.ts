import { createServer } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backup } from '../../../../core/catalogue/backups.ts';
import { watchReplication } from '../../../../core/operations/keeping/replicated.ts';
import type { Replicated } from '../../../../core/vault/replication.ts';
import { S3Replication } from '../../../../core/vault/s3/replication.ts';
import { addressOf, listening } from '../../../support/mail-server.ts';
import { testPlatform } from '../../../support/platform.ts';

const stem = 'main/2026/11/backup_20261122_020000Z';
const backup: Backup = {
  id: 'main-20261122_020000Z',
  database: 'main',
  engine: 'sqlite',
  kind: 'scheduled',
  slot: '2026-11-22T02:00:00.000Z',
  startedAt: '2026-11-22T02:00:00.000Z',
  publishedAt: '2026-11-22T02:05:00.000Z',
  status: 'published',
  manifest: `${stem}.manifest.json`,
  objects: { dump: `${stem}.sqlite3.zst`, scan: `${stem}.scan.json`, proofs: [] },
  size: 1,
  bytes: 1,
  tables: 1,
  rows: 1,
  seconds: 1,
  proof: { verdict: 'proven' },
};

/** A platform with one backup, and what watch finds when its objects are in these states so many hours later. */
async function home() {
  const platform = await testPlatform({ rows: 1 });
  await platform.catalogue.backups.add(backup);
  const foundAfter = async (hours: number, dump: Replicated, others: Replicated = 'copied') => {
    platform.clock.set(new Date(Date.parse(backup.publishedAt) + hours * 3_600_000));
    await watchReplication(platform, { place: 's3://copies', stateOf: async (key) => (key === backup.objects.dump ? dump : others) });
    const { items } = await platform.catalogue.incidents.list({ database: 'main' });
    return items.map(({ kind, last }) => [kind, last.error.message]);
  };
  return { foundAfter };
}

describe('a copy that the store makes', () => {
  it('has six hours; then it is behind, until it is there', async () => {
    const { foundAfter } = await home();
    expect(await foundAfter(1, 'pending')).toEqual([]);
    expect(await foundAfter(7, 'pending')).toEqual([
      ['copy-behind', `the copy in s3://copies lacks main-20261122_020000Z: the store has not copied them yet (${backup.objects.dump})`],
    ]);
    expect(await foundAfter(8, 'pending')).toHaveLength(1);
    expect(await foundAfter(9, 'copied')).toEqual([]);
  });

  it('that failed is behind at once', async () => {
    const { foundAfter } = await home();
    expect(await foundAfter(1, 'failed')).toEqual([['copy-behind', expect.stringContaining('the store could not copy them')]]);
  });

  it('of what was written before there was a copy is told', async () => {
    const { foundAfter } = await home();
    expect(await foundAfter(7, 'none', 'none')).toEqual([['copy-behind', expect.stringMatching(/was not told to copy them .*manifest\.json/)]]);
  });
});

it.each<[header: string | undefined, state: Replicated]>([
  ['COMPLETED', 'copied'],
  ['COMPLETE', 'copied'],
  ['PENDING', 'pending'],
  ['FAILED', 'failed'],
  [undefined, 'none'],
])('S3 says %s of an object whose copy is %s', async (header, state) => {
  const server = createServer((_, response) => response.writeHead(200, header ? { 'x-amz-replication-status': header } : {}).end()).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => void server.close());
  const client = new S3Client({
    endpoint: `http://${addressOf(server)}`,
    region: 'eu-west-3',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    forcePathStyle: true,
  });
  onTestFinished(() => client.destroy());
  expect(await new S3Replication(client, 'vault', 's3://copies').stateOf('a')).toBe(state);
});
