import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runBackup, stepsOf } from '../../local/workflow.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { flip } from '../support/stored-dump.ts';

const never = new AbortController().signal;

async function refuted(platform: TestPlatform, day: number): Promise<void> {
  const steps = stepsOf(platform);
  const end = await runBackup(platform, request(`2026-11-${day}T02:00:00Z`), never, {
    ...steps,
    prove: async (input, signal) => {
      flip(join(platform.vault.root, `main/2026/11/backup_202611${day}_020000Z.sqlite3.zst`), 60);
      return steps.prove(input, signal);
    },
  });
  expect(end).toMatchObject({ status: 'FAILED', error: 'BackupRefutedError' });
}

it('of refuted dumps the newest alone is kept, and the last good backups stay', async () => {
  const platform = await testPlatform({ config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 1 } } } });
  const { name } = await runBackup(platform, request('2026-11-20T02:00:00Z'), never);
  for (const day of [21, 22, 23]) await refuted(platform, day);
  const dumps = (await platform.vault.list('main/')).map(({ key }) => key).filter((key) => key.endsWith('.zst'));
  expect(dumps).toEqual(['main/2026/11/backup_20261120_020000Z.sqlite3.zst', 'main/2026/11/backup_20261123_020000Z.sqlite3.zst']);
  expect(await platform.catalogue.backups.get(name)).toMatchObject({ status: 'published', proof: { verdict: 'proven' } });
});
