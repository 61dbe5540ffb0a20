import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../core/catalogue/runs.ts';
import { rebuild } from '../../../../core/operations/keeping/rebuild.ts';
import { rotate } from '../../../../core/operations/keeping/rotate.ts';
import { hold, release } from '../../../../core/operations/orders/administer.ts';
import { verify } from '../../../../core/operations/orders/verify.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { backedUp } from '../../../support/backed-up.ts';
import { TestClock } from '../../../support/clock.ts';
import { never } from '../../../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';

const id = 'main-20261122_020000Z';
const manifest = 'main/2026/11/backup_20261122_020000Z.manifest.json';

const twoBackups = backedUp('2026-11-21T02:00:00Z', '2026-11-22T02:00:00Z');

function loseCatalogue(platform: TestPlatform): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(platform.state, `catalogue.sqlite3${suffix}`), { force: true });
}

describe('a catalogue that was lost', () => {
  it('is rebuilt from the vault at the next start: every backup with its newest proof and its hold, and the runs that made them', async () => {
    const platform = await testPlatform({ folder: twoBackups() });
    await runBackup(platform, { ...request('2026-11-22T12:00:00Z'), kind: 'manual' }, never);
    platform.clock.set('2026-11-22T18:00:00Z');
    await verify(platform, { backup: id, by: 'test' }, never);
    await hold(platform, { backup: id, by: 'cli:alice', reason: 'before the migration' });
    await hold(platform, { backup: 'main-20261121_020000Z', by: 'cli:alice', reason: '' });
    await release(platform, { backup: 'main-20261121_020000Z', by: 'cli:alice' });
    const before = (await platform.catalogue.backups.list()).items;
    const runs = (await platform.catalogue.runs.list({})).items;
    const standing = await platform.catalogue.standings.get('main');
    loseCatalogue(platform);
    const next = await testPlatform({ folder: platform.folder, clock: new TestClock('2026-11-23T00:00:00Z') });
    expect((await next.catalogue.backups.list()).items).toEqual(before);
    expect(before).toMatchObject([{ kind: 'manual' }, { proof: { verdict: 'proven', at: '2026-11-22T18:00:00.000Z' }, hold: { by: 'cli:alice' } }, {}]);
    const told = ({ id, slot, kind, requestedBy, status, startedAt, attempts }: Run) => ({ id, slot, kind, requestedBy, status, startedAt, attempts });
    expect((await next.catalogue.runs.list({})).items.map(told)).toEqual(runs.map(told));
    expect(await next.catalogue.standings.get('main')).toMatchObject({ lastGood: standing?.lastGood, published: 3, lastRun: { status: 'succeeded' } });
    await runBackup(next, request('2026-11-22T02:00:00Z'), never);
    expect(await next.catalogue.runs.get(id), 'its slot is served').toMatchObject({ attempts: 1, status: 'succeeded' });
    expect(next.log.lines.join('\n')).toContain('rebuilt from 3 backups');
  });

  it('is rebuilt as far as manifests can be understood, and says which cannot', async () => {
    const platform = await testPlatform({ folder: twoBackups() });
    writeFileSync(join(platform.vault.root, manifest), '{"format":"sauvegarde-manifest","version":3}');
    loseCatalogue(platform);
    const next = await testPlatform({ folder: platform.folder });
    expect((await next.catalogue.backups.list()).items.map((backup) => backup.id)).toEqual(['main-20261121_020000Z']);
    expect(next.log.lines.join('\n')).toContain(`${manifest} is of version 3 of its format, and this Sauvegarde knows 2`);
  });

  it('is rebuilt with a hold where the order beside a manifest cannot be read', async () => {
    const platform = await testPlatform({ folder: twoBackups() });
    await hold(platform, { backup: id, by: 'cli:alice', reason: '' });
    const order = manifest.replace('.manifest.json', '.hold-000001.json');
    writeFileSync(join(platform.vault.root, order), '{"format":"sauveg');
    loseCatalogue(platform);
    const next = await testPlatform({ folder: platform.folder });
    expect(await next.catalogue.backups.get(id)).toMatchObject({ hold: { reason: `${order} cannot be understood, and may be a hold` } });
    expect(next.log.lines.join('\n')).toContain(order);
  });

  it('does not record what is retired', async () => {
    const databases = { main: { engine: 'sqlite', file: 'app.sqlite3', proof: 'off', keep: 1 } } as const;
    const platform = await testPlatform({ folder: twoBackups(), config: { databases } });
    await rotate(platform, { database: 'main', by: 'test' });
    loseCatalogue(platform);
    const next = await testPlatform({ folder: platform.folder, config: { databases } });
    expect((await next.catalogue.backups.list()).items.map((backup) => backup.id)).toEqual([id]);
  });
});

describe('rebuild', () => {
  it('leaves the records that are there as they are, holds included', async () => {
    const platform = await testPlatform({ folder: twoBackups() });
    const hold = { by: 'test', since: '2026-11-22T12:00:00.000Z', reason: 'kept' };
    await platform.catalogue.backups.change(id, (backup) => ({ ...backup, hold }));
    expect(await rebuild(platform, { by: 'test' })).toEqual({ recorded: [], runs: [], corrected: [], invalid: [] });
    expect(await platform.catalogue.backups.get(id)).toMatchObject({ hold });
  });

  it('of a catalogue that was lost by half brings the lost half back, runs of known backups too', async () => {
    const platform = await testPlatform({ folder: twoBackups() });
    const [newer, older] = (await platform.catalogue.backups.list()).items;
    loseCatalogue(platform);
    rmSync(join(platform.vault.root, older?.manifest ?? ''));
    const half = await testPlatform({ folder: platform.folder });
    if (older) await half.catalogue.backups.add({ ...older, status: 'published' });
    writeFileSync(join(platform.vault.root, older?.manifest ?? ''), '{}');
    await half.catalogue.backups.remove(newer?.id ?? '');
    expect(await rebuild(half, { by: 'test' }, { runsToo: true })).toEqual({
      recorded: [newer?.id],
      runs: [],
      corrected: [],
      invalid: [{ key: older?.manifest, reason: expect.stringContaining('cannot be understood') }],
    });
  });

  it.each([
    ['nothing', ''],
    ['half a manifest', undefined],
    ['another document', '{"format":"sauvegarde-proof","version":1}'],
    ['bytes that are no text', '\u00ff\u00fe'],
  ])('names a manifest that holds %s', async (_, content) => {
    const platform = await testPlatform({ folder: twoBackups() });
    const path = join(platform.vault.root, manifest);
    const whole = readFileSync(path, 'latin1');
    writeFileSync(path, content ?? whole.slice(0, whole.length / 2), 'latin1');
    await platform.catalogue.backups.remove(id);
    expect(await rebuild(platform, { by: 'test' })).toEqual({
      recorded: [],
      runs: [],
      corrected: [],
      invalid: [{ key: manifest, reason: expect.stringContaining(manifest) }],
    });
    writeFileSync(path, whole, 'latin1');
    expect(await rebuild(platform, { by: 'test' })).toEqual({ recorded: [id], runs: [], corrected: [], invalid: [] });
  });
});
