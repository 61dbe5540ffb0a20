import { describe, expect, it } from 'vitest';
import { recover } from '../../local/recover.ts';
import { expectRecovery, killedAt, killedRun } from '../support/killed.ts';
import { mailsOf } from '../support/mail.ts';
import { testPlatform } from '../support/platform.ts';

// nothing happens between the end of a step and the beginning of the next: a death there is the same
describe('a process that is killed (kill -9)', () => {
  it('before it opened its run leaves nothing to settle', async () => {
    const platform = await testPlatform({ folder: await killedAt('before:open') });
    expect(await recover(platform)).toEqual([]);
    expect((await platform.catalogue.runs.list({})).items).toEqual([]);
    expect(mailsOf(platform)).toEqual([]);
  });

  it.each([
    ['before:dump', 0],
    ['before:prove', 1],
    ['before:publish', 1],
  ])('%s: is settled and reported at the next start, leaves nothing half-written, and is made up for', async (where, attempts) => {
    await expectRecovery(where, { attempts, published: false });
  });

  it.each(['before:rotate', 'after:rotate'])('%s: its backup stands, and nobody is alarmed', async (where) => {
    const platform = await testPlatform({ folder: await killedAt(where) });
    expect(await recover(platform)).toEqual([]);
    expect(await platform.catalogue.runs.get(killedRun)).toMatchObject({ status: 'succeeded' });
    expect((await platform.catalogue.incidents.list({ ended: true })).items).toEqual([]);
    expect((await platform.catalogue.backups.list()).items).toMatchObject([{ id: killedRun, status: 'published' }]);
  });

  it.each(['before:settle', 'after:settle'])('%s, of a run that had failed: the run ends as failed, and one mail says so', async (where) => {
    const platform = await testPlatform({ folder: await killedAt(where, { source: false }) });
    await recover(platform);
    const name = where === 'before:settle' ? 'InterruptedError' : 'SourceMissingError';
    expect(await platform.catalogue.runs.get(killedRun)).toMatchObject({ status: 'failed', attempts: 4, error: { name } });
    expect(mailsOf(platform)).toHaveLength(1);
    expect(await platform.vault.list('')).toEqual([]);
  });

  it('is settled once when two processes start afterwards', async () => {
    const folder = await killedAt('before:prove');
    const platforms = [await testPlatform({ folder }), await testPlatform({ folder })] as const;
    await Promise.all(platforms.map(recover));
    expect(mailsOf(platforms[0])).toHaveLength(1);
    expect((await platforms[0].catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-failed', count: 1 }]);
    expect((await platforms[0].catalogue.audit.list({ subject: killedRun })).items).toMatchObject([{ action: 'run-failed' }, { action: 'backup-requested' }]);
  });
});
