import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Backup } from '../../../../core/catalogue/backups.ts';
import type { Catalogue } from '../../../../core/catalogue/catalogue.ts';
import { rebuild } from '../../../../core/operations/keeping/rebuild.ts';
import { retireByOrder, rotate } from '../../../../core/operations/keeping/rotate.ts';
import { noteStanding } from '../../../../core/operations/keeping/standing.ts';
import { sweep } from '../../../../core/operations/keeping/sweep.ts';
import { watch } from '../../../../core/operations/keeping/watch.ts';
import { hold, release } from '../../../../core/operations/orders/administer.ts';
import { catalogues } from '../../../simulation/catalogues.ts';
import { backedUp } from '../../../support/backed-up.ts';
import { TestClock } from '../../../support/clock.ts';
import { mailsOf } from '../../../support/mail.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';

const [older, newer] = ['main-20261121_020000Z', 'main-20261122_020000Z'];
const twoBackups = backedUp('2026-11-21T02:00:00Z', '2026-11-22T02:00:00Z');
const by = 'test';

/** A platform with two backups in its vault and in this catalogue, an hour after they were made. */
async function withCatalogue(catalogue: Catalogue): Promise<TestPlatform> {
  const platform = await testPlatform({ folder: twoBackups(), clock: new TestClock('2026-11-22T18:00:00Z') });
  Object.assign(platform, { catalogue });
  expect((await rebuild(platform, { by })).recorded).toEqual([older, newer]);
  return platform;
}

const change = ({ catalogue }: TestPlatform, id: string, edit: (record: Backup) => Partial<Backup>) =>
  catalogue.backups.change(id, (record) => ({ ...record, ...edit(record) }));
const watched = (platform: TestPlatform) => watch(platform, { limits: {}, free: undefined, expiries: [] });
const openIn = async ({ catalogue }: TestPlatform) =>
  (await catalogue.incidents.list()).items.filter(({ kind }) => kind !== 'slot-missed').map(({ kind, last }) => ({ kind, details: last.details }));

/** Edits of a record, each with the field that is told, its text in the record, and in the vault. */
const edits: [field: string, edit: (record: Backup) => Partial<Backup>, record: unknown, truth: unknown][] = [
  ['engine', () => ({ engine: 'postgres' }), 'postgres', 'sqlite'],
  ['slot', () => ({ slot: '2026-11-22T03:00:00.000Z' }), '2026-11-22T03:00:00.000Z', '2026-11-22T02:00:00.000Z'],
  ['startedAt', () => ({ startedAt: '2026-11-22T03:00:00.000Z' }), '2026-11-22T03:00:00.000Z', expect.any(String)],
  ['publishedAt', () => ({ publishedAt: '2026-11-20T00:00:00.000Z' }), '2026-11-20T00:00:00.000Z', expect.any(String)],
  ['manifest', () => ({ manifest: 'main/elsewhere.manifest.json' }), 'main/elsewhere.manifest.json', 'main/2026/11/backup_20261122_020000Z.manifest.json'],
  ['objects.dump', ({ objects }) => ({ objects: { ...objects, dump: 'main/x' } }), 'main/x', 'main/2026/11/backup_20261122_020000Z.sqlite3.zst'],
  ['objects.proofs', ({ objects }) => ({ objects: { ...objects, proofs: [] } }), '', 'main/2026/11/backup_20261122_020000Z.proof.json'],
  ['size', () => ({ size: 7 }), '7', expect.any(String)],
  ['rows', () => ({ rows: 1_000_000 }), '1000000', expect.any(String)],
  ['proof.verdict', ({ proof }) => ({ proof: { ...proof, verdict: 'partial' } }), 'partial', 'proven'],
  ['status', () => ({ status: 'retired', retiredAt: '2026-11-01T00:00:00.000Z' }), 'retired', 'published'],
];

describe.each(Object.entries(catalogues))('a record that was edited behind our back, in the catalogue %s', (_, make) => {
  it('is told with both sides, is no loss of the backup, and is written anew by rebuild, field by field', async () => {
    const platform = await withCatalogue(make());
    const whole = await platform.catalogue.backups.get(newer);
    const objects = await platform.vault.list('main/');
    for (const [field, edit, record, truth] of edits) {
      await change(platform, newer, edit);
      await noteStanding(platform, 'main');
      await watched(platform);
      const details = expect.objectContaining({ backup: newer, field, record, truth, source: 'manifest', backups: newer });
      expect([field, await openIn(platform)]).toEqual([field, [{ kind: 'record-altered', details }]]);
      expect([field, (await rebuild(platform, { by })).corrected]).toEqual([field, [newer]]);
      expect(await platform.catalogue.backups.get(newer)).toEqual(whole);
      await watched(platform);
      expect(await openIn(platform)).toEqual([]);
    }
    expect(await platform.vault.list('main/')).toEqual(objects);
    expect(mailsOf(platform).join('\n')).toContain('main-20261122_020000Z: in the catalogue "engine" is "postgres", by its manifest in the vault it is');
    const entries = (await platform.catalogue.audit.list({ subject: newer })).items.filter(({ action }) => action === 'corrected');
    expect(entries.at(-1)).toMatchObject({ by, detail: 'engine: postgres → sqlite' });
  });

  it('and that names another object costs no rotation and no clean-up a backup, and the clean-up mends it', async () => {
    const platform = await withCatalogue(make());
    const whole = await platform.catalogue.backups.get(older);
    await change(platform, older, ({ objects }) => ({ size: 1, objects: { ...objects, dump: 'main/2026/11/backup_20261122_020000Z.sqlite3.zst' } }));
    await rotate(platform, { database: 'main', by });
    expect(await platform.catalogue.backups.get(older)).toMatchObject({ status: 'published' });
    expect(await sweep(platform, { by, dryRun: true })).toMatchObject({ corrected: [older], removed: 0, orphans: 0 });
    expect(await sweep(platform, { by })).toMatchObject({ corrected: [older], missing: [] });
    expect(await platform.catalogue.backups.get(older)).toEqual(whole);
    await change(platform, older, ({ objects }) => ({ objects: { ...objects, dump: 'main/2026/11/backup_20261122_020000Z.sqlite3.zst' } }));
    await retireByOrder(platform, { backup: older, by });
    expect((await platform.vault.list('main/')).map(({ key }) => key)).toContain('main/2026/11/backup_20261122_020000Z.sqlite3.zst');
  });

  it('and calls a retired backup published is told by the audit log, also its instant', async () => {
    const platform = await withCatalogue(make());
    await retireByOrder(platform, { backup: older, by });
    const retired = await platform.catalogue.backups.get(older);
    await change(platform, older, () => ({ status: 'published' }));
    await rotate(platform, { database: 'main', by });
    await watched(platform);
    expect(await openIn(platform)).toMatchObject([
      { kind: 'record-altered', details: { field: 'status', record: 'published', truth: 'retired', source: 'audit' } },
    ]);
    await rebuild(platform, { by });
    await watched(platform);
    platform.clock.set('2026-11-22T20:00:00Z');
    await change(platform, older, () => ({ retiredAt: '2026-01-01T00:00:00.000Z' }));
    await watched(platform);
    expect(await openIn(platform)).toMatchObject([{ details: { field: 'retiredAt', truth: retired?.retiredAt } }]);
    await rebuild(platform, { by });
    expect(await platform.catalogue.backups.get(older)).toEqual(retired);
  });

  it('into another id is replaced by the backup whose place it took', async () => {
    const platform = await withCatalogue(make());
    const whole = await platform.catalogue.backups.get(newer);
    await change(platform, newer, () => ({ id: 'main-20301122_020000Z' }));
    expect((await rebuild(platform, { by })).recorded).toEqual([newer]);
    expect(await platform.catalogue.backups.get(newer)).toEqual(whole);
  });

  it('in its hold is told by the newest order in the vault, costs no held backup, and is written anew', async () => {
    const platform = await withCatalogue(make());
    const { databases } = platform.config;
    if (databases.main) databases.main.keep = { ...databases.main.keep, last: 1 };
    const { hold: ordered } = await hold(platform, { backup: older, by, reason: 'kept' });
    const held = await platform.catalogue.backups.get(older);
    const truth = `${by}, ${ordered?.since}, kept`;
    const told = async (record: string, truth: string) => {
      for (let hour = 0; (await openIn(platform)).length === 0; hour++) {
        expect(hour).toBeLessThan(2);
        platform.clock.set(new Date(platform.clock.now().getTime() + 3_600_000));
        await watched(platform);
      }
      const details = expect.objectContaining({ backup: older, field: 'hold', record, truth, source: 'order' });
      expect(await openIn(platform)).toEqual([{ kind: 'record-altered', details }]);
    };
    for (const edited of [{ hold: { by: 'mallory', since: '2026-11-22T03:00:00.000Z', reason: 'mine' } }, { hold: undefined }]) {
      await change(platform, older, () => edited);
      await told(edited.hold ? 'mallory, 2026-11-22T03:00:00.000Z, mine' : '', truth);
      if (!edited.hold) expect((await rotate(platform, { database: 'main', by })).retired).toEqual([]);
      expect((await rebuild(platform, { by })).corrected).toEqual([older]);
      expect(await platform.catalogue.backups.get(older)).toEqual(held);
      await watched(platform);
      expect(await openIn(platform)).toEqual([]);
    }
    await release(platform, { backup: older, by });
    await change(platform, older, () => ({ hold: ordered }));
    await told(truth, '');
    await rebuild(platform, { by });
    expect((await rotate(platform, { database: 'main', by })).retired).toMatchObject([{ backup: older }]);
    expect(mailsOf(platform).join('\n')).toContain('by the newest order beside its manifest in the vault it is missing');
  });

  it('says nothing of a hold from before holds lay in the vault, of a manifest that is gone, and of a backup that is being retired', async () => {
    const platform = await withCatalogue(make());
    await change(platform, newer, () => ({ hold: { by, since: '2026-11-22T03:00:00.000Z', reason: 'kept' } }));
    await change(platform, older, () => ({ status: 'retired', retiredAt: '2026-11-22T17:59:59.000Z' }));
    await watched(platform);
    expect(await openIn(platform)).toEqual([]);
    rmSync(join(platform.vault.root, 'main/2026/11/backup_20261122_020000Z.manifest.json'));
    await watched(platform);
    expect(await openIn(platform)).toMatchObject([{ kind: 'backup-missing' }]);
    expect(await platform.catalogue.standings.get('main')).toMatchObject({ published: 0 });
  });
});

it('every record of forty is compared within a day, and one that was altered stays told while others are looked at', async () => {
  const platform = await withCatalogue(catalogues.sqlite());
  if (platform.config.databases.main) platform.config.databases.main.schedule = '0 2 1 1 *'; // no run meanwhile
  const record = await platform.catalogue.backups.get(older);
  if (!record) throw new Error('no record');
  for (let hour = 0; hour < 38; hour++) {
    const at = new Date(Date.parse('2026-11-22T02:30:00Z') + hour * 60_000).toISOString();
    const id = `main-${at.slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '_')}Z_manual`;
    await platform.catalogue.backups.add({ ...record, id, slot: at, status: 'missing' });
  }
  await change(platform, older, () => ({ rows: 9 }));
  let told = 0;
  for (let hour = 0; hour < 24; hour++) {
    platform.clock.set(new Date(Date.parse('2026-11-22T18:00:00Z') + hour * 3_600_000));
    await watched(platform);
    const isTold = (await openIn(platform)).some(({ kind }) => kind === 'record-altered');
    if (told > 0) expect(isTold).toBe(true);
    if (isTold) told++;
  }
  expect(told).toBeGreaterThan(3);
  const at = new Date(Date.parse('2026-11-22T03:45:00Z')).toISOString();
  await platform.catalogue.backups.add({ ...record, id: 'main-20261122_034500Z_manual', slot: at, status: 'missing' });
  await watched(platform);
  expect(await openIn(platform)).toContainEqual(expect.objectContaining({ kind: 'record-altered' })); // though it is the forty-first
});
