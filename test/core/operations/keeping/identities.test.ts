import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { rebuild } from '../../../../core/operations/keeping/rebuild.ts';
import { rotate } from '../../../../core/operations/keeping/rotate.ts';
import { findBackup } from '../../../../core/operations/orders/find-backup.ts';
import { carryOut } from '../../../../core/operations/orders/orders.ts';
import { runBackup, stepsOf } from '../../../../local/workflow.ts';
import { filesIn } from '../../../support/folder.ts';
import { mailsOf } from '../../../support/mail.ts';
import { never } from '../../../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { sampleDatabase } from '../../../support/sqlite.ts';

const by = { by: 'cli:alice' };
const leadingTo = (file: string) => ({ databases: { main: { engine: 'sqlite' as const, file, keep: 1, proof: 'off' as const } } });

/** Opens the same vault and catalogue with the name `main` leading to this file. */
async function reopened({ clock, folder }: TestPlatform, file: string): Promise<TestPlatform> {
  return testPlatform({ folder, clock, config: leadingTo(file) });
}

async function backedUp(platform: TestPlatform, slot: string): Promise<string> {
  platform.clock.set(slot);
  const { name, status } = await runBackup(platform, request(slot), never);
  expect(status).toBe('SUCCEEDED');
  return name;
}

const published = async ({ catalogue }: TestPlatform) =>
  (await catalogue.backups.list()).items.filter(({ status }) => status === 'published').map(({ id, stranger }) => [id, stranger !== undefined]);
const identities = ({ folder }: TestPlatform) => filesIn(join(folder, 'vault/source-identities'));

it('another database under the name is backed up, told, and displaces none, until it is accepted', async () => {
  const before = await testPlatform({ config: leadingTo('app.sqlite3') });
  const own = await backedUp(before, '2026-11-18T02:00:00Z');
  sampleDatabase(join(before.folder, 'staging.sqlite3'), { rows: 5 });
  const platform = await reopened(before, 'staging.sqlite3');
  await backedUp(platform, '2026-11-19T02:00:00Z');
  const newest = await backedUp(platform, '2026-11-20T02:00:00Z');
  expect(await published(platform)).toEqual([
    [newest, true],
    [own, false],
  ]);
  const [incident] = (await platform.catalogue.incidents.list()).items;
  expect(incident).toMatchObject({ kind: 'source-changed', count: 2, last: { error: { name: 'SourceChangedError' } } });
  expect(incident?.last.error.message).toMatch(/it was file .*app\.sqlite3, and is now file .*staging\.sqlite3$/);
  expect(mailsOf(platform)[0]).toContain('sauvegarde accept');

  const refusal = { name: 'RefusedError', message: expect.stringMatching(`${newest}, is of another database .*staging.* than ${own} before it`) };
  await expect(findBackup(platform, 'main')).rejects.toMatchObject(refusal);
  expect(await findBackup(platform, newest)).toMatchObject({ id: newest });
  await expect(platform.rotation.retire({ backup: own, ...by })).rejects.toMatchObject({ name: 'RefusedError' });

  expect(await carryOut(platform, { action: 'accept', database: 'main' }, by)).toMatchObject({ mark: expect.stringContaining('staging.sqlite3') });
  expect(await published(platform)).toEqual([[newest, false]]);
  expect((await platform.catalogue.incidents.list()).items).toEqual([]);
  expect((await platform.catalogue.audit.list({ subject: 'main' })).items).toMatchObject([{ action: 'source-accepted', ...by }]);
  await expect(carryOut(platform, { action: 'accept', database: 'main' }, by)).rejects.toMatchObject({ name: 'RefusedError' });
  // a name that leads back, as after a failover, is known already
  const back = await reopened(platform, 'app.sqlite3');
  await backedUp(back, '2026-11-21T02:00:00Z');
  expect((await back.catalogue.incidents.list()).items).toEqual([]);
});

it('the incident ends when the name leads back, and the backups of the other one stay apart, in a new catalogue too', async () => {
  const before = await testPlatform({ config: leadingTo('app.sqlite3') });
  await backedUp(before, '2026-11-18T02:00:00Z');
  sampleDatabase(join(before.folder, 'staging.sqlite3'), { rows: 5 });
  const foreign = await backedUp(await reopened(before, 'staging.sqlite3'), '2026-11-19T02:00:00Z');
  const platform = await reopened(before, 'app.sqlite3');
  const own = await backedUp(platform, '2026-11-20T02:00:00Z');
  const both = [
    [own, false],
    [foreign, true],
  ];
  expect(await published(platform)).toEqual(both);
  expect((await platform.catalogue.incidents.list()).items).toEqual([]);
  expect(await findBackup(platform, 'main')).toMatchObject({ id: own });
  expect(await platform.rotation.retire({ backup: foreign, ...by })).toMatchObject({ status: 'retired' });

  for (const id of [own, foreign]) await platform.catalogue.backups.remove(id);
  await platform.vault.bringBack(`main/2026/11/backup_${foreign.slice(5)}.manifest.json`);
  await rebuild(platform, { by: 'test' });
  expect(await published(platform)).toEqual(both);
});

it('a file is the same after VACUUM, after a restore in its place, and when it was moved', async () => {
  const platform = await testPlatform({ config: leadingTo('app.sqlite3') });
  const file = join(platform.folder, 'app.sqlite3');
  await backedUp(platform, '2026-11-18T02:00:00Z');
  new DatabaseSync(file).exec('VACUUM');
  await backedUp(platform, '2026-11-19T02:00:00Z');
  rmSync(file);
  sampleDatabase(file, { rows: 7 });
  await backedUp(platform, '2026-11-20T02:00:00Z');
  expect(identities(platform)).toEqual(['main/000001.json']);
  sampleDatabase(join(platform.folder, 'other.sqlite3'), { rows: 7 });
  const other = await reopened(platform, 'other.sqlite3');
  await backedUp(other, '2026-11-21T02:00:00Z');
  await carryOut(other, { action: 'accept', database: 'main' }, by);
  renameSync(join(platform.folder, 'other.sqlite3'), join(platform.folder, 'moved.sqlite3'));
  const moved = await reopened(other, 'moved.sqlite3');
  await backedUp(moved, '2026-11-22T02:00:00Z');
  expect(await published(moved)).toHaveLength(1);
  expect((await moved.catalogue.incidents.list({ ended: true })).items).toMatchObject([{ kind: 'source-changed', count: 1 }]);
  expect(identities(moved)).toEqual(['main/000001.json', 'main/000002.json', 'main/000003.json']);
});

it('a server in an older state than its last backup, as from a snapshot, counts apart until it is accepted', async () => {
  const platform = await testPlatform({ config: leadingTo('app.sqlite3') });
  const backedUpAt = async (slot: string, timeline: number, bytes: string) => {
    platform.clock.set(slot);
    const steps = stepsOf(platform);
    const identity = { mark: 'system identifier 7, database shop', also: ['table member'], position: { timeline, bytes } };
    const dump: typeof steps.dump = async (input, signal) => ({ ...((await steps.dump(input, signal)) as object), identity });
    const { name, status } = await runBackup(platform, request(slot), never, { ...steps, dump });
    expect(status).toBe('SUCCEEDED');
    return name;
  };
  await backedUpAt('2026-11-18T02:00:00Z', 1, '900');
  const own = await backedUpAt('2026-11-19T02:00:00Z', 1, '1000');
  expect(await published(platform)).toEqual([[own, false]]);
  await backedUpAt('2026-11-20T02:00:00Z', 1, '950');
  const copy = await backedUpAt('2026-11-21T02:00:00Z', 1, '990');
  expect(await published(platform)).toEqual([
    [copy, true],
    [own, false],
  ]);
  const [incident] = (await platform.catalogue.incidents.list()).items;
  expect(incident?.last.error.message).toContain(`and is now system identifier 7, database shop, in an older state than in the backup ${own}`);

  expect(await carryOut(platform, { action: 'accept', database: 'main' }, by)).toMatchObject({ mark: expect.stringContaining('older state') });
  const after = await backedUpAt('2026-11-22T02:00:00Z', 1, '995');
  expect(await published(platform)).toEqual([[after, false]]);
  const promoted = await backedUpAt('2026-11-23T02:00:00Z', 2, '10');
  expect(await published(platform)).toEqual([[promoted, false]]);
  await backedUpAt('2026-11-24T02:00:00Z', 1, '2000');
  expect((await platform.catalogue.incidents.list()).items).toMatchObject([
    { kind: 'source-changed', last: { error: { message: expect.stringContaining(promoted) } } },
  ]);
});

it('a damaged record of an identity costs no backup', async () => {
  const platform = await testPlatform({ config: leadingTo('app.sqlite3') });
  await backedUp(platform, '2026-11-18T02:00:00Z');
  writeFileSync(join(platform.folder, 'vault/source-identities/main/000001.json'), 'damaged');
  await backedUp(platform, '2026-11-19T02:00:00Z');
  expect(identities(platform)).toEqual(['main/000001.json', 'main/000002.json']);
  expect((await platform.catalogue.incidents.list()).items).toEqual([]);
});

it('a clock that was four years ahead, and is right again, costs no backup, and older data are never taken for the newest', async () => {
  const platform = await testPlatform({ config: leadingTo('app.sqlite3') });
  await backedUp(platform, '2026-11-18T02:00:00Z');
  const ahead = await backedUp(platform, '2030-11-18T02:00:00Z');
  expect((await published(platform)).map(([id]) => id)).toEqual([ahead]); // rightly so, by that clock
  const second = await backedUp(platform, '2026-11-19T02:00:00Z');
  const third = await backedUp(platform, '2026-11-20T02:00:00Z');
  expect((await published(platform)).map(([id]) => id)).toEqual([ahead, third]);
  await rotate(platform, { database: 'main', by: 'test' });
  expect((await published(platform)).map(([id]) => id)).toEqual([ahead, third]);
  expect(await platform.catalogue.backups.get(second)).toMatchObject({ status: 'retired' });
  expect(await findBackup(platform, 'main')).toMatchObject({ id: third });
});
