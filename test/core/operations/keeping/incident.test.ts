import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alertWhatIsDue, endIncident, openIncident } from '../../../../core/operations/keeping/incident.ts';
import { mailsOf } from '../../../support/mail.ts';
import { type TestPlatform, testPlatform } from '../../../support/platform.ts';

const kind = 'backup-missing' as const;
const error = { name: 'ObjectMissingError', message: 'the vault has lost it' };

function happen(platform: TestPlatform, subject: string) {
  return openIncident(platform, { database: 'main', kind, subject, error });
}

describe('an incident', () => {
  it('is told of once for one subject, and counts the others', async () => {
    const platform = await testPlatform({ rows: 1 });
    for (const subject of ['one', 'one', 'two', 'two', 'three']) await happen(platform, subject);
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ count: 3, last: { subject: 'three' } }]);
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it('is told of once when several processes see it in the same instant', async () => {
    const platform = await testPlatform({ rows: 1 });
    const other = await testPlatform({ folder: platform.folder });
    await Promise.all([happen(platform, 'one'), happen(other, 'one'), alertWhatIsDue(platform), alertWhatIsDue(other)]);
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it('whose mail was under way when its process died is told of five minutes later', async () => {
    const platform = await testPlatform({ rows: 1 });
    const at = platform.clock.now().toISOString();
    const sending = { database: 'main', kind, since: at, last: { at, subject: 'one', error }, count: 1, alert: { state: 'sending', at } } as const;
    await platform.catalogue.incidents.change('main', kind, () => sending);
    platform.clock.set('2026-11-22T17:04:59Z');
    await alertWhatIsDue(platform);
    expect(mailsOf(platform)).toEqual([]);
    platform.clock.set('2026-11-22T17:05:01Z');
    await alertWhatIsDue(platform);
    expect(mailsOf(platform)).toHaveLength(1);
  });

  it('ends once, and begins anew when it happens again', async () => {
    const platform = await testPlatform({ rows: 1 });
    await happen(platform, 'one');
    await endIncident(platform, 'main', kind);
    await endIncident(platform, 'main', kind);
    await happen(platform, 'one');
    expect(mailsOf(platform)).toHaveLength(3);
    expect((await platform.catalogue.incidents.list({ ended: true })).items.map(({ endedAt }) => endedAt !== undefined)).toEqual([true, false]);
  });

  it('that nobody could be told of does not stop the work, stays due, and is not said to be over', async () => {
    const platform = await testPlatform({ rows: 1 });
    writeFileSync(join(platform.state, 'outbox'), 'where the folder should be');
    await happen(platform, 'one');
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ alert: { state: 'due' } }]);
    await endIncident(platform, 'main', kind);
    rmSync(join(platform.state, 'outbox'));
    await alertWhatIsDue(platform);
    expect(mailsOf(platform)).toEqual([]);
  });

  it('whose alert of yesterday is taken only today is told of no second time today, and again tomorrow', async () => {
    const platform = await testPlatform({ rows: 1 });
    writeFileSync(join(platform.state, 'outbox'), 'where the folder should be');
    await happen(platform, 'one');
    rmSync(join(platform.state, 'outbox'));
    platform.clock.set('2026-11-23T17:00:00Z');
    await alertWhatIsDue(platform);
    await happen(platform, 'two');
    expect(mailsOf(platform)).toHaveLength(1);
    platform.clock.set('2026-11-24T17:00:00Z');
    await happen(platform, 'three');
    expect(mailsOf(platform)).toHaveLength(2);
  });

  it('without administrators is logged', async () => {
    const platform = await testPlatform({ rows: 1, config: { administrators: [] } });
    await happen(platform, 'one');
    expect(mailsOf(platform)).toEqual([]);
    expect(platform.log.lines.join('\n')).toContain('no administrators are configured');
  });
});
