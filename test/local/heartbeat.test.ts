import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { never } from '../support/never.ts';
import { request, testPlatform } from '../support/platform.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

it('a run calls when it starts, when it succeeds and when it fails, and a repeated one not at all', async () => {
  const { received, url } = await webhookReceiver();
  const platform = await testPlatform({ rows: 1, config: { heartbeat: `${url}/uuid` } });
  await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
  await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
  expect(received.map(({ path }) => path)).toEqual(['/uuid/start', '/uuid']);
  rmSync(join(platform.folder, 'app.sqlite3'));
  platform.clock.set('2026-11-23T02:00:00Z');
  await runBackup(platform, request('2026-11-23T02:00:00Z'), never);
  expect(received.map(({ path }) => path).slice(2)).toEqual(['/uuid/start', '/uuid/fail']);
});
