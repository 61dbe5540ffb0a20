import { expect, it } from 'vitest';
import { ConfigurationError, StorageRefusedError } from '../../../../core/errors.ts';
import { planRotation, rotate } from '../../../../core/operations/keeping/rotate.ts';
import { sweep } from '../../../../core/operations/keeping/sweep.ts';
import { hold } from '../../../../core/operations/orders/administer.ts';
import { carryOut } from '../../../../core/operations/orders/orders.ts';
import type { With } from '../../../../core/platform.ts';
import { FolderVault } from '../../../../core/vault/folder.ts';
import type { RotateInput } from '../../../../core/workflow/rotation.ts';
import { backupOf, putBackup } from '../../../support/backups.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';

const source = { engine: 'sqlite', file: 'app.sqlite3' } as const;
const days = ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'];
const by = 'test';

/** `app` and databases whose names begin or look alike, four days of backups in each, of which two are kept. */
async function withNeighbours(): Promise<TestPlatform> {
  const platform = await testPlatform({
    config: { databases: { app: { ...source, keep: 2 }, 'app-2': { ...source, keep: 2 }, 'app-20261101': { ...source, keep: 2 } } },
  });
  for (const database of ['app', 'app-2', 'app-20261101']) for (const day of days) await putBackup(platform, backupOf(`${day}T02:00:00Z`, { database }));
  return platform;
}

const keysOf = async ({ vault }: With<'vault'>, prefix = '') => (await vault.list(prefix)).map(({ key }) => key);
const statusesOf = async ({ catalogue }: With<'catalogue'>, database: string) =>
  Object.fromEntries((await catalogue.backups.list({ database })).items.map(({ slot, status }) => [slot.slice(0, 10), status]));

it('retires the oldest in catalogue and vault, and audits each with its reason', async () => {
  const platform = await withNeighbours();
  const output = await rotate(platform, { database: 'app', by });
  expect(output).toEqual({
    kept: 2,
    retired: [
      { backup: 'app-20261102_020000Z', reason: 'older than the newest 2' },
      { backup: 'app-20261101_020000Z', reason: 'older than the newest 2' },
    ],
  });
  expect(await statusesOf(platform, 'app')).toEqual({ '2026-11-01': 'retired', '2026-11-02': 'retired', '2026-11-03': 'published', '2026-11-04': 'published' });
  expect(await keysOf(platform, 'app/')).toEqual(
    ['03', '04'].flatMap((day) => ['manifest.json', 'scan.json', 'sqlite3.zst'].map((end) => `app/2026/11/backup_202611${day}_020000Z.${end}`)),
  );
  const [entry] = (await platform.catalogue.audit.list({ subject: 'app-20261101_020000Z' })).items;
  expect(entry).toMatchObject({ action: 'retired', by, detail: 'older than the newest 2' });
});

it.each(['app-2', 'app-20261101'])('of app never touches %s', async (neighbour) => {
  const platform = await withNeighbours();
  const before = await keysOf(platform, `${neighbour}/`);
  await rotate(platform, { database: 'app', by });
  expect(before).toHaveLength(12);
  expect(await keysOf(platform, `${neighbour}/`)).toEqual(before);
  expect(Object.values(await statusesOf(platform, neighbour))).toEqual(['published', 'published', 'published', 'published']);
});

it('of app-2 never touches app', async () => {
  const platform = await withNeighbours();
  await rotate(platform, { database: 'app-2', by });
  expect(await keysOf(platform, 'app/')).toHaveLength(12);
  expect(await keysOf(platform, 'app-2/')).toHaveLength(6);
});

it('does what its plan says, and the plan itself does nothing', async () => {
  const platform = await withNeighbours();
  const before = await keysOf(platform);
  const plan = await planRotation(platform, 'app');
  expect(await keysOf(platform)).toEqual(before);
  expect(Object.values(await statusesOf(platform, 'app'))).not.toContain('retired');
  const { retired } = await rotate(platform, { database: 'app', by });
  expect(retired.map(({ backup }) => backup)).toEqual(plan.filter(({ keep }) => !keep).map(({ backup }) => backup.id));
});

it('retires nothing more when it is repeated', async () => {
  const platform = await withNeighbours();
  await rotate(platform, { database: 'app', by });
  const before = await keysOf(platform);
  expect(await rotate(platform, { database: 'app', by })).toEqual({ kept: 2, retired: [] });
  expect(await keysOf(platform)).toEqual(before);
  expect((await platform.catalogue.audit.list()).items.filter(({ action }) => action === 'retired')).toHaveLength(2);
});

it('of a database that is not configured is a ConfigurationError that names those that are', async () => {
  const platform = await withNeighbours();
  await expect(rotate(platform, { database: 'ap', by })).rejects.toThrow(ConfigurationError);
  await expect(rotate(platform, { database: '__proto__', by })).rejects.toThrow('no database is called "__proto__"; configured: app, app-2, app-20261101');
});

it('gives way to a hold that was placed between plan and retirement', async () => {
  const platform = await withNeighbours();
  const held = 'app-20261101_020000Z'; // the second to be retired
  const vault = new BusyVault(platform.vault.root, () => hold(platform, { backup: held, by: 'cli:alice', reason: 'wait' }).then(() => undefined));
  const { retired } = await rotate({ ...platform, vault }, { database: 'app', by });
  expect(retired.map(({ backup }) => backup)).toEqual(['app-20261102_020000Z']);
  expect(await platform.catalogue.backups.get(held)).toMatchObject({ status: 'published', hold: { by: 'cli:alice' } });
  expect((await keysOf(platform, 'app/2026/11/backup_20261101')).filter((key) => !key.includes('.hold-'))).toHaveLength(3);
});

it('that broke off finishes the next time what it had begun', async () => {
  const platform = await withNeighbours();
  let calls = 0;
  const failing = new BusyVault(platform.vault.root, async () => {
    if (++calls === 2) throw new StorageRefusedError('the disk has gone');
  });
  await expect(rotate({ ...platform, vault: failing }, { database: 'app', by })).rejects.toThrow('the disk has gone');
  expect(await keysOf(platform, 'app/2026/11/backup_20261102')).toEqual(
    ['scan.json', 'sqlite3.zst'].map((end) => `app/2026/11/backup_20261102_020000Z.${end}`),
  ); // its manifest went first
  await rotate(platform, { database: 'app', by });
  expect(await keysOf(platform, 'app/')).toHaveLength(6);
  expect(Object.values(await statusesOf(platform, 'app')).sort()).toEqual(['published', 'published', 'retired', 'retired']);
  const audited = (await platform.catalogue.audit.list()).items.filter(({ action }) => action === 'retired').map(({ subject }) => subject);
  expect(audited.sort()).toEqual(['app-20261101_020000Z', 'app-20261102_020000Z']);
});

it('goes on when some of the objects have been retired already', async () => {
  const platform = await withNeighbours();
  const [first] = (await platform.catalogue.backups.list({ database: 'app' })).items.filter(({ slot }) => slot.startsWith('2026-11-01'));
  await platform.vault.retire(first?.objects.dump ?? '');
  await platform.catalogue.backups.change(first?.id ?? '', (backup) => ({ ...backup, status: 'retired', retiredAt: backup.slot }));
  await rotate(platform, { database: 'app', by });
  expect(await keysOf(platform, 'app/')).toHaveLength(6);
});

it('leaves to the clean-up nothing that it has not retired itself', async () => {
  const platform = await withNeighbours();
  await rotate(platform, { database: 'app', by });
  platform.clock.set(new Date());
  const { removed, orphans, missing } = await sweep(platform, { by });
  expect({ removed, orphans, missing }).toEqual({ removed: 0, orphans: 0, missing: [] });
});

it('as an order for all databases goes on when one cannot be rotated, and ends with its error', async () => {
  const platform = await withNeighbours();
  let calls = 0; // app comes first
  const vault = new BusyVault(platform.vault.root, async () => {
    if (++calls === 1) throw new StorageRefusedError('the disk has gone');
  });
  const refused = { ...platform, vault };
  const rotation = { ...refused.rotation, rotate: (input: RotateInput) => rotate(refused, input) };
  await expect(carryOut({ ...refused, rotation }, { action: 'rotate' }, { by, claimed: false })).rejects.toThrow('the disk has gone');
  for (const database of ['app-2', 'app-20261101']) expect(await statusesOf(platform, database)).toMatchObject({ '2026-11-01': 'retired' });
  expect(await statusesOf(platform, 'app')).toEqual(expect.objectContaining({ '2026-11-01': 'published' }));
});

/** The real folder, where something else happens before each retirement. */
class BusyVault extends FolderVault {
  readonly #meanwhile: () => Promise<void>;

  constructor(root: string, meanwhile: () => Promise<void>) {
    super(root, 'busy');
    this.#meanwhile = meanwhile;
  }

  override async retire(key: string): Promise<void> {
    await this.#meanwhile();
    await super.retire(key);
  }
}
