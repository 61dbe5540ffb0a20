import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { takeOver } from '../../../../core/operations/keeping/ownership.ts';
import { rebuildByOrder } from '../../../../core/operations/keeping/rebuild.ts';
import { planRotation, retireByOrder, rotate } from '../../../../core/operations/keeping/rotate.ts';
import { sweep } from '../../../../core/operations/keeping/sweep.ts';
import { watch } from '../../../../core/operations/keeping/watch.ts';
import { hold, release } from '../../../../core/operations/orders/administer.ts';
import { verify } from '../../../../core/operations/orders/verify.ts';
import { thisMachine } from '../../../../local/machine-id.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { mailsOf } from '../../../support/mail.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { flip } from '../../../support/stored-dump.ts';

const never = new AbortController().signal;

async function backedUp(platform: TestPlatform, ...slots: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const slot of slots) ids.push((await runBackup(platform, request(slot), never)).name);
  return ids;
}

const fileOf = ({ folder }: TestPlatform, id: string, suffix: string) => join(folder, 'vault/main/2026/11', `backup_${id.slice('main-'.length)}.${suffix}`);

describe('a vault that is not the one the catalogue knows', () => {
  it('takes no backup, and the administrators are told', async () => {
    const platform = await testPlatform();
    await backedUp(platform, '2026-11-21T02:00:00Z');
    renameSync(join(platform.folder, 'vault'), join(platform.folder, 'unmounted'));
    const end = await runBackup(platform, request('2026-11-22T02:00:00Z'), never);
    expect(end).toMatchObject({ status: 'FAILED', error: 'StorageRefusedError' });
    expect(mailsOf(platform)).toEqual([expect.stringContaining('is its disk mounted?')]);
  });
});

describe('a vault that is lost', () => {
  const config = { databases: { main: { engine: 'sqlite' as const, file: 'app.sqlite3', keep: 2 } } };
  const by = { by: 'cli:alice' };
  const statuses = async ({ catalogue }: TestPlatform) => (await catalogue.backups.list({ database: 'main' })).items.map(({ status }) => status);
  const open = async ({ catalogue }: TestPlatform) => (await catalogue.incidents.list()).items.map(({ kind }) => kind);

  it('is begun again by an order: backups are made, and the lost ones are missing until the policy would not keep them', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, '2026-11-19T02:00:00Z', '2026-11-20T02:00:00Z');
    rmSync(join(platform.folder, 'vault'), { recursive: true });
    expect(await runBackup(platform, request('2026-11-21T02:00:00Z'), never)).toMatchObject({ status: 'FAILED' });
    expect(mailsOf(platform)).toEqual([expect.stringContaining('sauvegarde rebuild --begin-again')]);

    const output = await rebuildByOrder(platform, { ...by, beginsAgain: true });
    expect(output).toMatchObject({ recorded: [], missing: ['main-20261120_020000Z', 'main-20261119_020000Z'] });
    expect(await statuses(platform)).toEqual(['missing', 'missing']);
    expect(await open(platform)).toEqual(['backup-failed', 'backup-missing']);
    expect((await platform.catalogue.audit.list({ subject: 'vault' })).items[0]).toMatchObject({
      action: 'rebuilt',
      ...by,
      detail: expect.stringContaining('2 missing'),
    });

    await backedUp(platform, '2026-11-22T02:00:00Z');
    expect(await statuses(platform)).toEqual(['published', 'missing', 'retired']);
    expect(await open(platform)).toEqual(['backup-missing']);
    await backedUp(platform, '2026-11-23T02:00:00Z');
    expect(await statuses(platform)).toEqual(['published', 'published', 'retired', 'retired']);
    expect(await open(platform)).toEqual([]);
  });

  it('counts again where it comes back, with what was made meanwhile missing', async () => {
    const platform = await testPlatform({ config });
    const [vault, unmounted] = [join(platform.folder, 'vault'), join(platform.folder, 'unmounted')];
    const [first] = await backedUp(platform, '2026-11-20T02:00:00Z');
    renameSync(vault, unmounted);
    await rebuildByOrder(platform, { ...by, beginsAgain: true });
    const [second] = await backedUp(platform, '2026-11-22T02:00:00Z');
    rmSync(vault, { recursive: true });
    renameSync(unmounted, vault);
    expect(await sweep(platform, by)).toMatchObject({ missing: [second] });
    expect(await platform.catalogue.backups.get(first ?? '')).toMatchObject({ status: 'published' });
  });

  it('is not begun again while it is there', async () => {
    const platform = await testPlatform({ config });
    await backedUp(platform, '2026-11-20T02:00:00Z');
    await expect(rebuildByOrder(platform, { ...by, beginsAgain: true })).rejects.toThrow(/is not empty: it has 1 backup/);
    expect(await statuses(platform)).toEqual(['published']);
  });

  it('keeps a missing backup that is held, and lets one go by an order', async () => {
    const platform = await testPlatform({ config });
    const [held = '', other = ''] = await backedUp(platform, '2026-11-19T02:00:00Z', '2026-11-20T02:00:00Z');
    await hold(platform, { backup: held, reason: '', ...by });
    rmSync(join(platform.folder, 'vault'), { recursive: true });
    await rebuildByOrder(platform, { ...by, beginsAgain: true });
    await retireByOrder(platform, { backup: other, ...by });
    await expect(retireByOrder(platform, { backup: held, ...by })).rejects.toThrow(/held/);
    await expect(retireByOrder(platform, { backup: other, ...by })).rejects.toThrow(/retired already/);
    await backedUp(platform, '2026-11-22T02:00:00Z', '2026-11-23T02:00:00Z', '2026-11-24T02:00:00Z');
    expect(await platform.catalogue.backups.get(held)).toMatchObject({ status: 'missing' });
    expect(await open(platform)).toEqual(['backup-missing']);
    await release(platform, { backup: held, ...by });
    await retireByOrder(platform, { backup: held, ...by });
    expect(await open(platform)).toEqual([]);
  });

  it('keeps a missing backup whose hold was edited away, as long as the order lies in the vault', async () => {
    const platform = await testPlatform({ config });
    const [held = ''] = await backedUp(platform, '2026-11-19T02:00:00Z');
    await hold(platform, { backup: held, reason: '', ...by });
    rmSync(fileOf(platform, held, 'sqlite3.zst'));
    await sweep(platform, by);
    await platform.catalogue.backups.change(held, ({ hold: _, ...record }) => record);
    await backedUp(platform, '2026-11-22T02:00:00Z', '2026-11-23T02:00:00Z', '2026-11-24T02:00:00Z');
    expect(await platform.catalogue.backups.get(held)).toMatchObject({ status: 'missing' });
    expect(await open(platform)).toContain('backup-missing');
  });
});

describe('a vault of another machine', () => {
  /** Makes the vault that of another machine, as if that had begun it. */
  function givenAway(platform: TestPlatform): void {
    const file = join(platform.folder, 'vault/vault-owners/000001.json');
    const owner = JSON.parse(readFileSync(file, 'utf8')) as { mark: string };
    expect(owner.mark).toBe(platform.machine?.mark);
    writeFileSync(file, JSON.stringify({ ...owner, mark: 'another', name: 'production' }));
  }

  it('takes no backup, is not rotated, swept or watched, until it is taken over', async () => {
    const config = { databases: { main: { engine: 'sqlite' as const, file: 'app.sqlite3', keep: 1 } } };
    const platform = await testPlatform({ config });
    const [first = ''] = await backedUp(platform, '2026-11-20T02:00:00Z');
    givenAway(platform);

    const refusal = { name: 'VaultOwnedError', message: expect.stringMatching(/belongs to the machine production .*rebuild --take-over/) };
    expect(await runBackup(platform, request('2026-11-21T02:00:00Z'), never)).toMatchObject({ status: 'FAILED', error: 'VaultOwnedError' });
    await expect(rotate(platform, { database: 'main', by: 'test' })).rejects.toMatchObject(refusal);
    await expect(sweep(platform, { by: 'test' })).rejects.toMatchObject(refusal);
    rmSync(fileOf(platform, first, 'manifest.json'));
    await watch(platform, { limits: {}, free: undefined, expiries: [] });
    expect(await platform.catalogue.backups.get(first)).toMatchObject({ status: 'published' });
    expect(mailsOf(platform)[0]).toContain('production');

    expect(await takeOver(platform, { by: 'cli:alice' })).toBe('production');
    expect(await takeOver(platform, { by: 'cli:alice' })).toBeUndefined();
    expect((await platform.catalogue.audit.list({ subject: 'vault' })).items).toMatchObject([{ action: 'vault-taken-over', by: 'cli:alice' }]);
    expect(await runBackup(platform, request('2026-11-22T02:00:00Z'), never)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is taken by nobody for a record that is damaged', async () => {
    const platform = await testPlatform();
    await backedUp(platform, '2026-11-20T02:00:00Z');
    writeFileSync(join(platform.folder, 'vault/vault-owners/000001.json'), 'damaged');
    expect(await runBackup(platform, request('2026-11-21T02:00:00Z'), never)).toMatchObject({ status: 'SUCCEEDED' });
    expect(readdirSync(join(platform.folder, 'vault/vault-owners'))).toEqual(['000001.json', '000002.json']);
  });

  it('knows a machine by its system, and a container by its state folder', () => {
    const [one, other] = [temporaryFolder(), temporaryFolder()];
    const id = join(one, 'machine-id');
    writeFileSync(id, `${'0a'.repeat(16)}\n`);
    expect(thisMachine(one, [id])).toEqual(thisMachine(other, [id]));
    expect(thisMachine(one, [id]).mark).not.toContain('0a0a');
    expect(readdirSync(one)).toEqual(['machine-id']);
    expect(thisMachine(one, [])).toEqual(thisMachine(one, []));
    expect(thisMachine(one, [])).not.toEqual(thisMachine(other, []));
  });
});

describe('an empty folder in the place of the vault', () => {
  it('takes no backup, also after the clean-up, and none counts as lost', async () => {
    const platform = await testPlatform();
    const [id = ''] = await backedUp(platform, '2026-11-21T02:00:00Z');
    renameSync(join(platform.folder, 'vault'), join(platform.folder, 'unmounted'));
    mkdirSync(join(platform.folder, 'vault'));
    await expect(sweep(platform, { by: 'test' })).rejects.toMatchObject({
      name: 'StorageRefusedError',
      message: expect.stringContaining('is its disk mounted?'),
    });
    await expect(rotate(platform, { database: 'main', by: 'test' })).rejects.toMatchObject({ name: 'StorageRefusedError' });
    expect(await platform.catalogue.backups.get(id)).toMatchObject({ status: 'published' });
    expect(await runBackup(platform, request('2026-11-22T02:00:00Z'), never)).toMatchObject({ status: 'FAILED', error: 'StorageRefusedError' });
    expect(readdirSync(join(platform.folder, 'vault'))).toEqual([]);
  });
});

describe('a published backup whose manifest', () => {
  it('is gone counts no more once somebody verifies it, and rotation keeps a whole one in its place', async () => {
    const platform = await testPlatform({ config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 1 } } } });
    const [older = ''] = await backedUp(platform, '2026-11-20T02:00:00Z');
    await platform.catalogue.backups.change(older, (backup) => ({ ...backup, hold: { by: 'test', since: '2026-11-20T02:00:00Z', reason: '' } }));
    const [newer = ''] = await backedUp(platform, '2026-11-21T02:00:00Z');
    await platform.catalogue.backups.change(older, ({ hold: _, ...backup }) => backup);
    rmSync(fileOf(platform, newer, 'manifest.json'));
    await expect(verify(platform, { backup: newer, by: 'test' }, never)).rejects.toMatchObject({ name: 'ObjectMissingError' });
    expect(await platform.catalogue.backups.get(newer)).toMatchObject({ status: 'missing' });
    expect((await planRotation(platform, 'main')).map(({ backup, keep }) => [backup.id, keep])).toEqual([[older, true]]);
  });

  it('is gone does not count for the rotation that comes next either', async () => {
    const platform = await testPlatform({ config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 2 } } } });
    const ids = await backedUp(platform, '2026-11-19T02:00:00Z', '2026-11-20T02:00:00Z');
    await platform.catalogue.backups.change(ids[0] ?? '', (backup) => ({ ...backup, hold: { by: 'test', since: backup.slot, reason: '' } }));
    const [lost = ''] = await backedUp(platform, '2026-11-21T02:00:00Z');
    await platform.catalogue.backups.change(ids[0] ?? '', ({ hold: _, ...backup }) => backup);
    rmSync(fileOf(platform, lost, 'manifest.json'));
    expect(await rotate(platform, { database: 'main', by: 'test' })).toEqual({ kept: 2, retired: [] });
    expect(await platform.catalogue.backups.get(lost)).toMatchObject({ status: 'missing' });
  });

  it('cannot be understood counts no more once somebody verifies it', async () => {
    const platform = await testPlatform();
    const [id = ''] = await backedUp(platform, '2026-11-21T02:00:00Z');
    writeFileSync(fileOf(platform, id, 'manifest.json'), '{');
    await expect(verify(platform, { backup: id, by: 'test' }, never)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
    expect(await platform.catalogue.backups.get(id)).toMatchObject({ proof: { verdict: 'refuted' } });
    expect(mailsOf(platform)).toHaveLength(1);
  });
});

it('that a backup does not restore is over only when none that stands is refuted', async () => {
  const platform = await testPlatform();
  const [sound = '', damaged = ''] = await backedUp(platform, '2026-11-20T02:00:00Z', '2026-11-21T02:00:00Z');
  flip(fileOf(platform, damaged, 'sqlite3.zst'), 100);
  expect(await verify(platform, { backup: damaged, by: 'test' }, never)).toMatchObject({ verdict: 'refuted' });
  expect(await verify(platform, { backup: sound, by: 'test' }, never)).toMatchObject({ verdict: 'proven' });
  expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-refuted' }]);
  await backedUp(platform, '2026-11-22T02:00:00Z'); // a newer good one: rotation retires the refuted one
  expect((await platform.catalogue.incidents.list()).items).toEqual([]);
});
