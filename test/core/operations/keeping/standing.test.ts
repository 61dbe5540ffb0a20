import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { endIncident, openIncident } from '../../../../core/operations/keeping/incident.ts';
import { rebuild } from '../../../../core/operations/keeping/rebuild.ts';
import { rotate } from '../../../../core/operations/keeping/rotate.ts';
import { allStandings, computedStanding, standingOf } from '../../../../core/operations/keeping/standing.ts';
import { sweep } from '../../../../core/operations/keeping/sweep.ts';
import { hold, release, unretire } from '../../../../core/operations/orders/administer.ts';
import { verify } from '../../../../core/operations/orders/verify.ts';
import { runBackup } from '../../../../local/workflow.ts';
import { backupOf, putBackup } from '../../../support/backups.ts';
import { never } from '../../../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';
import { stepsWith } from '../../../support/wrapped-steps.ts';

const slot = '2026-11-22T02:00:00Z';
const id = 'main-20261122_020000Z';

/** The record says what the other records say. */
async function expectTrue({ catalogue }: TestPlatform): Promise<void> {
  expect(await catalogue.standings.get('main')).toEqual(await computedStanding(catalogue, 'main'));
}

describe('the standing of a database', () => {
  it('follows a run: opened, published', async () => {
    const platform = await testPlatform({ rows: 1 });
    const { standings } = platform.catalogue;
    const seen: unknown[] = [];
    const look = async () => seen.push(await standings.get('main'));
    const { open } = stepsWith(platform, 'open', { after: look });
    await runBackup(platform, request(slot), never, { ...stepsWith(platform, 'publish', { after: look }), open });
    expect(seen).toMatchObject([
      { database: 'main', published: 0, lastRun: { id, status: 'running' }, incidents: [] },
      { published: 1, lastGood: { id }, lastRun: { id, status: 'succeeded' } },
    ]);
    expect(await standings.get('main')).toMatchObject({
      published: 1,
      lastGood: { id },
      lastProven: new Date(slot).toISOString(),
      lastRun: { status: 'succeeded' },
    });
    await expectTrue(platform);
  });

  it('follows a run that fails, its incident, and the end of that', async () => {
    const platform = await testPlatform({ rows: 1 });
    const source = join(platform.folder, 'app.sqlite3');
    await runBackup(platform, request(slot), never);
    const whole = await platform.catalogue.standings.get('main');
    rmSync(source);
    await runBackup(platform, request('2026-11-23T02:00:00Z'), never);
    expect(await platform.catalogue.standings.get('main')).toMatchObject({
      published: 1,
      lastGood: whole?.lastGood,
      lastRun: { status: 'failed', error: { name: 'SourceMissingError' } },
      incidents: [{ kind: 'backup-failed', alert: { state: 'sent' } }],
    });
    await expectTrue(platform);
    await endIncident(platform, 'main', 'backup-failed');
    expect(await platform.catalogue.standings.get('main')).toMatchObject({ incidents: [] });
    await openIncident(platform, { database: 'main', kind: 'backup-missing', subject: 'x', error: { name: 'ObjectMissingError', message: 'gone' } });
    await expectTrue(platform);
  });

  it('follows what people and clean-ups do with backups: verified, held, retired, brought back, lost, found again', async () => {
    const platform = await testPlatform({ rows: 1, config: { databases: { main: { engine: 'sqlite', file: 'app.sqlite3', keep: 1, proof: 'off' } } } });
    const { standings } = platform.catalogue;
    await runBackup(platform, request('2026-11-21T02:00:00Z'), never);
    await runBackup(platform, request(slot), never);
    expect(await standings.get('main')).toMatchObject({ published: 1, lastGood: { id } });
    await verify(platform, { backup: id, by: 'test' }, never);
    expect(await standings.get('main')).toMatchObject({ lastProven: new Date(slot).toISOString() });
    await hold(platform, { backup: id, by: 'test', reason: 'audit' });
    expect(await standings.get('main')).toMatchObject({ lastGood: { hold: { reason: 'audit' } } });
    await release(platform, { backup: id, by: 'test' });
    await expectTrue(platform);
    await unretire(platform, { backup: 'main-20261121_020000Z', by: 'test' });
    expect(await standings.get('main')).toMatchObject({ published: 2 });

    const { manifest } = (await platform.catalogue.backups.get(id)) ?? { manifest: '' };
    await platform.vault.retire(manifest);
    await rotate(platform, { database: 'main', by: 'test' });
    expect(await standings.get('main')).toMatchObject({ published: 1, lastGood: { id: 'main-20261121_020000Z' }, incidents: [{ kind: 'backup-missing' }] });
    await expectTrue(platform);
    await platform.vault.bringBack(manifest);
    await sweep(platform, { by: 'test' });
    expect(await standings.get('main')).toMatchObject({ published: 2, lastGood: { id }, incidents: [] });
    await expectTrue(platform);
  });

  it('is there after a rebuild', async () => {
    const platform = await testPlatform({ rows: 1 });
    await runBackup(platform, request(slot), never);
    const before = await platform.catalogue.standings.get('main');
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(platform.state, `catalogue.sqlite3${suffix}`), { force: true });
    const next = await testPlatform({ folder: platform.folder });
    await rebuild(next, { by: 'test' });
    expect(await next.catalogue.standings.get('main')).toMatchObject({ published: 1, lastGood: before?.lastGood });
  });

  it('is derived where a catalogue from before has none, and written by the next run', async () => {
    const platform = await testPlatform({ rows: 1 });
    await putBackup(platform, backupOf('2026-11-20T02:00:00Z', { database: 'main' }));
    const file = join(platform.state, 'catalogue.sqlite3');
    {
      using before = new DatabaseSync(file);
      before.exec('DROP TABLE standing; PRAGMA user_version = 1');
    }
    const next = await testPlatform({ folder: platform.folder });
    expect(await next.catalogue.standings.get('main')).toBeUndefined();
    expect(await standingOf(next, 'main')).toMatchObject({ published: 1, lastGood: { id: 'main-20261120_020000Z' } });
    expect(await allStandings(next)).toMatchObject([{ database: 'main', published: 1 }]);
    expect(await next.catalogue.standings.get('main')).toBeUndefined();
    await runBackup(next, request(slot), never);
    await expectTrue(next);
  });
});
