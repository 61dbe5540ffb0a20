import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { runBackup } from '../../local/workflow.ts';
import { preparedProject, sauvegarde } from '../support/cli.ts';
import { request } from '../support/platform.ts';

const prepared = preparedProject({}, (platform) => runBackup(platform, request('2026-11-22T02:00:00Z', 'app'), new AbortController().signal));
let folder: string;

beforeEach(() => {
  folder = prepared();
  const file = join(folder, 'state/catalogue.sqlite3');
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4096, 4300);
  writeFileSync(file, bytes);
});

it('a damaged catalogue is told at the first look, and rebuilt from the vault by one word', async () => {
  const listed = await sauvegarde(folder, ['list']);
  expect(listed).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/the catalogue .* is damaged .*"sauvegarde rebuild"/) });
  const { status, stderr } = await sauvegarde(folder, ['rebuild']);
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/is now .*damaged-.*Lost with it: runs, incidents, holds/) });
  expect((await sauvegarde(folder, ['list'])).stdout).toContain('app-20261122_020000Z');
  expect(readdirSync(join(folder, 'state')).filter((name) => name.includes('damaged-'))).not.toEqual([]);
  expect(readdirSync(join(folder, 'state/processes'))).toEqual([]);
});

it('a damaged catalogue costs no backup', async () => {
  const { status, stderr } = await sauvegarde(folder, ['backup']);
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('it was rebuilt from 1 backups') });
});
