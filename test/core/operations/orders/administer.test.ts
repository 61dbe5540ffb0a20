import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ObjectMissingError, RefusedError, UnknownNameError } from '../../../../core/errors.ts';
import { rotate } from '../../../../core/operations/keeping/rotate.ts';
import { sweep } from '../../../../core/operations/keeping/sweep.ts';
import { hold, release, unretire } from '../../../../core/operations/orders/administer.ts';
import { download, restore } from '../../../../core/operations/orders/restore.ts';
import { verify } from '../../../../core/operations/orders/verify.ts';
import { backupOf, putBackup } from '../../../support/backups.ts';
import { never } from '../../../support/never.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { putStored } from '../../../support/stored-backup.ts';

const by = 'cli:alice';
const oldest = 'app-20261101_020000Z';
const middle = 'app-20261102_020000Z';
const newest = 'app-20261103_020000Z';
let platform: TestPlatform;

beforeEach(async () => {
  platform = await testPlatform({ config: { databases: { app: { engine: 'sqlite', file: 'app.sqlite3', keep: 1 } } } });
  for (const day of [1, 2, 3]) await putBackup(platform, backupOf(`2026-11-0${day}T02:00:00Z`));
});

const rotateNow = () => rotate(platform, { database: 'app', by: 'rotation' });
const statusOf = async (id: string) => (await platform.catalogue.backups.get(id))?.status;
const objectsOf = async (id: string) => (await platform.vault.list(`app/2026/11/backup_${id.slice(4)}`)).length;
const actionsOn = async (id: string) => (await platform.catalogue.audit.list({ subject: id })).items.map(({ action }) => action);

describe('a hold', () => {
  it('keeps a backup from rotation, with who ordered it, since when and why', async () => {
    await hold(platform, { backup: oldest, by, reason: 'before the migration' });
    await rotateNow();
    expect(await platform.catalogue.backups.get(oldest)).toMatchObject({
      status: 'published',
      hold: { by, since: '2026-11-22T17:00:00.000Z', reason: 'before the migration' },
    });
    expect(await statusOf(middle)).toBe('retired');
    expect((await platform.catalogue.audit.list({ subject: oldest })).items).toMatchObject([{ action: 'held', by, detail: 'before the migration' }]);
  });

  it('ends with its release: the next rotation retires', async () => {
    await hold(platform, { backup: oldest, by, reason: '' });
    await release(platform, { backup: oldest, by });
    await rotateNow();
    expect(await statusOf(oldest)).toBe('retired');
    expect(await actionsOn(oldest)).toEqual(['retired', 'released', 'held']);
  });

  it('lies in the vault too, beside the manifest, and goes and comes back with the backup', async () => {
    const orders = async () => (await platform.vault.list('app/')).filter(({ key }) => key.includes('.hold-')).map(({ key }) => key.slice(-11, -5));
    await hold(platform, { backup: oldest, by, reason: 'kept' });
    await release(platform, { backup: oldest, by });
    expect(await orders()).toEqual(['000001', '000002']);
    expect((await platform.catalogue.backups.get(oldest))?.objects.holds).toHaveLength(2);
    await rotateNow();
    expect(await orders()).toEqual([]);
    await unretire(platform, { backup: oldest, by });
    expect(await orders()).toEqual(['000003']);
    expect(JSON.parse(readFileSync(join(platform.vault.root, 'app/2026/11/backup_20261101_020000Z.hold-000003.json'), 'utf8'))).toMatchObject({
      state: 'held',
      reason: 'brought back',
    });
  });

  it('that the catalogue alone knows is written into the vault by the clean-up, which leaves it there', async () => {
    const known = { by, since: '2026-11-22T12:00:00.000Z', reason: 'from before' };
    await platform.catalogue.backups.change(oldest, (backup) => ({ ...backup, hold: known }));
    await sweep(platform, { by: 'test' });
    const key = 'app/2026/11/backup_20261101_020000Z.hold-000001.json';
    platform.clock.set(new Date(Date.now() + 20 * 86_400_000));
    await sweep(platform, { by: 'test' });
    expect(JSON.parse(readFileSync(join(platform.vault.root, key), 'utf8'))).toMatchObject({ state: 'held', by, at: known.since, reason: 'from before' });
  });

  it('of a database is one of its newest good backup', async () => {
    expect(await hold(platform, { backup: 'app', by, reason: '' })).toMatchObject({ id: newest });
  });

  it('cannot be placed on a retired backup, and the refusal is audited', async () => {
    await rotateNow();
    await expect(hold(platform, { backup: oldest, by, reason: '' })).rejects.toThrow(
      `${oldest} is retired; only a published backup can be held: bring it back first`,
    );
    expect((await platform.catalogue.audit.list({ subject: oldest })).items).toMatchObject([
      { action: 'refused', by, detail: `hold: ${oldest} is retired; only a published backup can be held: bring it back first (unretire)` },
      { action: 'retired' },
    ]);
  });

  it('cannot be released where there is none', async () => {
    await expect(release(platform, { backup: oldest, by })).rejects.toThrow(RefusedError);
    expect(await actionsOn(oldest)).toEqual(['refused']);
  });
});

it.each<[what: string, order: (backup: string) => Promise<unknown>]>([
  ['hold', (backup) => hold(platform, { backup, by, reason: '' })],
  ['release', (backup) => release(platform, { backup, by })],
  ['unretire', (backup) => unretire(platform, { backup, by })],
])('%s of a backup that does not exist is an UnknownNameError', async (_, order) => {
  for (const name of ['app-20261109_020000Z', 'ap', '../app', '', '%', 'constructor']) await expect(order(name)).rejects.toThrow(UnknownNameError);
});

it.each<[order: string, give: (input: { backup: string; by: string }) => Promise<unknown>]>([
  ['download', (input) => download(platform, input)],
  ['restore', (input) => restore(platform, { ...input, into: 'copy.sqlite3', force: false }, never)],
  ['verify', (input) => verify(platform, input, never)],
])('%s of a retired backup is refused, and the audit log says to whom and why', async (order, give) => {
  await rotateNow();
  await expect(give({ backup: oldest, by })).rejects.toThrow(RefusedError);
  const [entry] = (await platform.catalogue.audit.list({ subject: oldest })).items;
  expect(entry).toMatchObject({ action: 'refused', by, detail: expect.stringMatching(new RegExp(`^${order}: ${oldest} is retired; `)) });
});

it('a restore of a flawed backup that nobody accepts is refused with what would be missing, and audited', async () => {
  const flaws = [{ what: 'VIEW stale: its table is gone', remedy: 'DROP VIEW stale' }];
  const change = { database: 'app', proof: { verdict: 'flawed' as const } };
  const { id } = await putStored(platform, '2026-11-04T02:00:00Z', { change, proof: { flaws } });
  const into = join(platform.folder, 'copy.sqlite3');
  await expect(restore(platform, { backup: id, by, into, force: false, accept: async () => false }, never)).rejects.toThrow(/without one part: VIEW stale/);
  expect(existsSync(into)).toBe(false);
  expect((await platform.catalogue.audit.list({ subject: id })).items).toMatchObject([
    { action: 'refused', by, detail: expect.stringMatching(/^restore: .*VIEW stale/) },
  ]);
});

describe('a retired backup', () => {
  it('comes back whole and held, so that the next rotation leaves it', async () => {
    await rotateNow();
    expect(await objectsOf(oldest)).toBe(0);
    await unretire(platform, { backup: oldest, by });
    await rotateNow();
    const back = await platform.catalogue.backups.get(oldest);
    expect(back).toMatchObject({ status: 'published', hold: { by, reason: 'brought back' } });
    expect(back).not.toHaveProperty('retiredAt');
    expect(await objectsOf(oldest)).toBe(4); // its hold too
    expect(await actionsOn(oldest)).toEqual(['brought-back', 'retired']);
  });

  it('comes back also when an earlier try broke off halfway', async () => {
    await rotateNow();
    const { objects } = (await platform.catalogue.backups.get(oldest)) ?? {};
    await platform.vault.bringBack(objects?.dump ?? '');
    await unretire(platform, { backup: oldest, by });
    expect(await objectsOf(oldest)).toBe(4); // its hold too
    expect(await statusOf(oldest)).toBe('published');
  });

  it('comes back as it was when something else was put in its place', async () => {
    await rotateNow();
    const { manifest = '', objects } = (await platform.catalogue.backups.get(oldest)) ?? {};
    const inVault = (key = '') => join(platform.vault.root, key);
    for (const key of [manifest, objects?.dump]) writeFileSync(inVault(key), 'false');
    await unretire(platform, { backup: oldest, by });
    for (const key of [manifest, objects?.dump]) expect(readFileSync(inVault(key), 'utf8')).not.toBe('false');
    expect(await objectsOf(oldest)).toBe(4); // its hold too
  });

  it('cannot be brought back when it was not retired', async () => {
    await expect(unretire(platform, { backup: oldest, by })).rejects.toThrow(`${oldest} is not retired`);
    expect(await statusOf(oldest)).toBe('published');
  });

  it('is an ObjectMissingError when its objects have gone, and stays retired', async () => {
    await rotateNow();
    const far = new Date(Date.now() + 1000);
    await platform.vault.clean({ retired: far, unfinished: far });
    await expect(unretire(platform, { backup: oldest, by })).rejects.toThrow(ObjectMissingError);
    expect(await statusOf(oldest)).toBe('retired');
    expect(await actionsOn(oldest)).toEqual(['retired']);
  });

  it('can be brought back on the last of its days of grace', async () => {
    await afterDays(29);
    expect(await unretire(platform, { backup: oldest, by })).toMatchObject({ status: 'published' });
    expect(await objectsOf(oldest)).toBe(4); // its hold too
  });

  it('is forgotten after its days of grace', async () => {
    await afterDays(31);
    await expect(unretire(platform, { backup: oldest, by })).rejects.toThrow(UnknownNameError);
    expect(await statusOf(newest)).toBe('published');
  });

  async function afterDays(days: number): Promise<void> {
    platform.clock.set(new Date()); // the vault dates a retirement by the machine's clock
    await rotateNow();
    platform.clock.set(new Date(Date.now() + days * 86_400_000));
    await sweep(platform, { by: 'test' });
  }
});
