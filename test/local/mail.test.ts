import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alertWhatIsDue } from '../../core/operations/keeping/incident.ts';
import { runBackup } from '../../local/workflow.ts';
import { mailsOf } from '../support/mail.ts';
import { mailServer, refusal } from '../support/mail-server.ts';
import { never } from '../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../support/platform.ts';
import { sampleDatabase } from '../support/sqlite.ts';

/** A mail server that refuses every mail while `refuses` is true. */
async function moodyServer() {
  const mood = { refuses: false };
  const { address, received } = await mailServer({
    disabledCommands: ['STARTTLS'],
    onMailFrom: (_address, _session, callback) => callback(mood.refuses ? refusal(550, 'not today') : null),
  });
  return { mood, url: `smtp://${address}`, subjects: () => received.map(({ content }) => /^Subject: (.*)$/m.exec(content)?.[1]) };
}

const failed = '[Sauvegarde] main: the backup failed';
const over = '[Sauvegarde] main: resolved: backups work again';

/** The run of that day at 02:00, asked for at that hour. */
async function backUpOn(platform: TestPlatform, day: string, hour = '02:00:00') {
  platform.clock.set(`${day}T${hour}Z`);
  return runBackup(platform, request(`${day}T${hour}Z`), never);
}

function breakSource(platform: TestPlatform): void {
  writeFileSync(join(platform.folder, 'app.sqlite3'), '');
}

describe('a mail server that refuses', () => {
  it('fails no run more than it has failed: the alert stays due and goes out later, once', async () => {
    const { mood, url, subjects } = await moodyServer();
    const platform = await testPlatform({ rows: 1, config: { local: { vault: 'vault', state: 'state', mail: { smtp: url } } } });
    breakSource(platform);
    mood.refuses = true;
    expect(await backUpOn(platform, '2026-11-22')).toMatchObject({ status: 'FAILED', error: 'SourceUnreadableError' });
    expect((await platform.catalogue.runs.list({ status: 'running' })).items).toEqual([]);
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ kind: 'backup-failed', alert: { state: 'due' } }]);
    expect(platform.log.lines.join('\n')).toContain('not today');

    await alertWhatIsDue(platform);
    expect(subjects()).toEqual([]);
    mood.refuses = false;
    await alertWhatIsDue(platform);
    await alertWhatIsDue(platform);
    expect(subjects()).toEqual([failed]);
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ alert: { state: 'sent' } }]);
  });

  it('that never took the alert gets no mail that it is over', async () => {
    const { mood, url, subjects } = await moodyServer();
    const platform = await testPlatform({ rows: 1, config: { local: { vault: 'vault', state: 'state', mail: { smtp: url } } } });
    breakSource(platform);
    mood.refuses = true;
    await backUpOn(platform, '2026-11-22');
    mood.refuses = false;
    sampleDatabase(join(platform.folder, 'app.sqlite3'), { rows: 1 });
    await backUpOn(platform, '2026-11-23');
    expect(subjects()).toEqual([]);
    expect((await platform.catalogue.incidents.list()).items).toEqual([]);
  });

  it('on a later day does not keep back that it is over', async () => {
    const { mood, url, subjects } = await moodyServer();
    const platform = await testPlatform({ rows: 1, config: { local: { vault: 'vault', state: 'state', mail: { smtp: url } } } });
    breakSource(platform);
    await backUpOn(platform, '2026-11-22');
    mood.refuses = true;
    await backUpOn(platform, '2026-11-23');
    mood.refuses = false;
    sampleDatabase(join(platform.folder, 'app.sqlite3'), { rows: 1 });
    await backUpOn(platform, '2026-11-24');
    expect(subjects()).toEqual([failed, over]);
  });
});

describe('administrators', () => {
  it('get one mail a day while backups fail, and one when it is over', async () => {
    const platform = await testPlatform({ rows: 1 });
    await backUpOn(platform, '2026-11-20');
    breakSource(platform);
    await backUpOn(platform, '2026-11-21');
    expect(mailsOf(platform)).toHaveLength(1);
    await backUpOn(platform, '2026-11-21', '10:00:00');
    await alertWhatIsDue(platform);
    expect(mailsOf(platform)).toHaveLength(1);
    await backUpOn(platform, '2026-11-22');
    expect(mailsOf(platform)).toHaveLength(2);
    sampleDatabase(join(platform.folder, 'app.sqlite3'), { rows: 1 });
    await backUpOn(platform, '2026-11-23');
    const subjects = mailsOf(platform).map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1]);
    expect(subjects.sort()).toEqual([over, failed, failed].sort());
    expect((await platform.catalogue.incidents.list({ ended: true })).items).toMatchObject([
      { kind: 'backup-failed', count: 3, endedAt: '2026-11-23T02:00:00.000Z' },
    ]);
    expect(mailsOf(platform).find((mail) => mail.includes('3 times'))).toContain('main-20261120_020000Z');
  });

  it('are told that a day ends at midnight of their own zone', async () => {
    const platform = await testPlatform({ rows: 1, config: { timeZone: 'America/Cayenne' } });
    breakSource(platform);
    await backUpOn(platform, '2026-11-21', '23:30:00'); // 20:30 in Cayenne
    await backUpOn(platform, '2026-11-22', '01:30:00'); // 22:30 of the same day
    expect(mailsOf(platform)).toHaveLength(1);
    await backUpOn(platform, '2026-11-22', '04:00:00'); // 01:00 of the next
    expect(mailsOf(platform)).toHaveLength(2);
  });
});
