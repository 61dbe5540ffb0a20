import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigInput } from '../../core/config/config.ts';
import { VaultOwnedError } from '../../core/errors.ts';
import { rotate } from '../../core/operations/keeping/rotate.ts';
import { sweep } from '../../core/operations/keeping/sweep.ts';
import { unretire } from '../../core/operations/orders/administer.ts';
import { verify } from '../../core/operations/orders/verify.ts';
import { storesFile } from '../../local/bucket-vault.ts';
import { examine } from '../../local/doctor.ts';
import { runBackup } from '../../local/workflow.ts';
import { never } from '../support/never.ts';
import { type PlainStore, plainStore } from '../support/plain-store.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';

const days = ['2026-11-22T02:00:00Z', '2026-11-23T02:00:00Z'];
const by = { by: 'test', claimed: false };

describe('one machine whose vault is a bucket', () => {
  let store: PlainStore;
  let prefix = 0;
  beforeAll(async () => {
    store = await plainStore();
  });
  afterAll(() => store[Symbol.asyncDispose]());
  beforeEach(() => {
    prefix++;
    vi.stubEnv('STORE_KEY_ID', 'S3RVER');
    vi.stubEnv('STORE_KEY', 'S3RVER');
  });
  afterEach(() => void vi.unstubAllEnvs());

  const config = (): Partial<ConfigInput> => ({
    local: {
      vault: {
        s3: {
          bucket: store.bucket,
          endpoint: store.endpoint,
          prefix: `machine/${prefix}`,
          credentials: { accessKeyId: { env: 'STORE_KEY_ID' }, secretAccessKey: { env: 'STORE_KEY' } },
        },
      },
      state: 'state',
    },
    databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 1 } },
  });
  const statuses = async ({ catalogue }: TestPlatform) => (await catalogue.backups.list()).items.map(({ status }) => status);

  it('backs up, proves, rotates, brings back and cleans up there, and remembers what the store can do', async () => {
    const platform = await testPlatform({ config: config() });
    for (const day of days) {
      platform.clock.set(day);
      expect((await runBackup(platform, request(day), never)).status).toBe('SUCCEEDED');
    }
    expect(await statuses(platform)).toEqual(['published', 'retired']);
    expect(JSON.parse(readFileSync(join(platform.state, storesFile), 'utf8'))).toEqual({
      [`${store.endpoint} s3://vault/machine/${prefix}`]: {
        can: { createsOnly: false, copiesOnly: false, checksums: false, versions: false, unequalParts: true, aborts: false },
      },
    });
    expect((await verify(platform, { backup: 'main', ...by }, never)).verdict).toBe('proven');
    const [oldest] = (await platform.catalogue.backups.list()).items.toReversed();
    await unretire(platform, { backup: oldest?.id ?? '', ...by });
    expect(await statuses(platform)).toEqual(['published', 'published']);
    expect((await verify(platform, { backup: oldest?.id ?? '', ...by }, never)).verdict).toBe('proven');
    expect(platform.vault.locate(oldest?.objects.dump ?? '')).toBe(`s3://vault/machine/${prefix}/main/2026/11/backup_20261122_020000Z.sqlite3.zst`);
    expect((await sweep(platform, by)).missing).toEqual([]);
    const told = (await examine(platform, never)).filter(({ check }) => check === 'vault').map(({ state, found }) => `${state}: ${found}`);
    expect(told).toContain('ok: the stored bytes are those that were sent: the store compares no checksum, so each object is read back');
  });

  it('rebuilds a lost catalogue from there, and refuses the vault of another machine', async () => {
    const platform = await testPlatform({ config: config() });
    await runBackup(platform, request(days[0] ?? ''), never);
    rmSync(platform.state, { recursive: true });
    const again = await testPlatform({ config: config(), folder: platform.folder });
    expect(await statuses(again)).toEqual(['published']);
    again.machine = { mark: 'another', name: 'elsewhere' };
    await expect(rotate(again, { database: 'main', ...by })).rejects.toBeInstanceOf(VaultOwnedError);
  });

  it('fails a run with what is wrong when the keys are not those of the store, and makes no file anywhere', async () => {
    vi.stubEnv('STORE_KEY', '');
    const platform = await testPlatform({ config: config() });
    const end = await runBackup(platform, request(days[0] ?? ''), never);
    expect(end).toMatchObject({ status: 'FAILED' });
    expect(end.cause).toContain('the environment variable STORE_KEY is not set');
    expect(existsSync(join(platform.folder, 'backups'))).toBe(false);
  });
});
