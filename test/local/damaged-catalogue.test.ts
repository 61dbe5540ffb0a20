import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { DamagedCatalogueError } from '../../core/catalogue/damaged.ts';
import { rebuild } from '../../core/operations/keeping/rebuild.ts';
import { verifyAudit } from '../../core/operations/orders/audit.ts';
import { openLocalPlatform } from '../../local/open-platform.ts';
import { runBackup } from '../../local/workflow.ts';
import { preparedProject, sauvegarde } from '../support/cli.ts';
import { TestClock } from '../support/clock.ts';
import { testConfig } from '../support/config.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestLog } from '../support/log.ts';
import { request } from '../support/platform.ts';
import { sampleDatabase } from '../support/sqlite.ts';

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
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/is now .*damaged-.*Lost with it: failed runs, incidents, records/) });
  expect((await sauvegarde(folder, ['list'])).stdout).toContain('app-20261122_020000Z');
  expect(readdirSync(join(folder, 'state')).filter((name) => name.includes('damaged-'))).not.toEqual([]);
  expect(readdirSync(join(folder, 'state/processes'))).toEqual([]);
});

it('a damaged catalogue costs no backup', async () => {
  const { status, stderr } = await sauvegarde(folder, ['backup']);
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('it was rebuilt from 1 backup in') });
});

it('bytes over any page of the catalogue are noticed when it is opened, or change nothing, and a rebuilt one has every backup', {
  timeout: 120_000,
}, async () => {
  const [home, clock] = [temporaryFolder(), new TestClock()];
  const config = testConfig({ databases: { main: { engine: 'sqlite', file: 'app.sqlite3', proof: 'off' } } });
  sampleDatabase(join(home, 'app.sqlite3'), { rows: 3 });
  {
    using platform = await openLocalPlatform({ config, folder: home }, { clock, log: new TestLog() });
    for (const day of [20, 21, 22, 23]) await runBackup(platform, request(`2026-11-${day}T02:00:00Z`), new AbortController().signal);
  }
  const file = join(home, 'state/catalogue.sqlite3');
  const whole = readFileSync(file);
  const contents = async (mends: boolean) => {
    using opened = await openLocalPlatform({ config, folder: home }, { clock, log: new TestLog(), mends });
    if (mends) await rebuild(opened, { by: 'test' });
    const [backups, runs, { faults }] = [await opened.catalogue.backups.list(), await opened.catalogue.runs.list({}), await verifyAudit(opened, {})];
    return { backups: backups.items.length, runs: runs.items.length, isAltered: faults.length > 0 };
  };
  let noticed = 0;
  for (const at of Array.from({ length: whole.length / 512 }, (_, index) => index * 512 + 200)) {
    const bytes = Buffer.from(whole).fill(0xa5, at, at + 40);
    writeFileSync(file, bytes);
    const found = await contents(false).catch((error: unknown) => error);
    if (found instanceof DamagedCatalogueError) noticed++;
    else expect(found, `bytes at ${at}`).toMatchObject({ backups: 4, runs: 4 });
    if (found instanceof DamagedCatalogueError) expect(await contents(true), `bytes at ${at}`).toMatchObject({ backups: 4 });
    for (const name of readdirSync(join(home, 'state'))) if (name.startsWith('catalogue')) rmSync(join(home, 'state', name));
    writeFileSync(file, whole);
  }
  expect(noticed).toBeGreaterThan(5);
});
