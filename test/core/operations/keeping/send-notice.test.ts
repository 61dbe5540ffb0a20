import { rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SmtpMailer } from '../../../../core/mail/smtp.ts';
import { beat } from '../../../../core/operations/keeping/heartbeat.ts';
import { alertWhatIsDue, endIncident, openIncident } from '../../../../core/operations/keeping/incident.ts';
import { testAlert } from '../../../../core/operations/orders/test-alert.ts';
import { mailsOf } from '../../../support/mail.ts';
import { mailServer } from '../../../support/mail-server.ts';
import { testPlatform } from '../../../support/platform.ts';
import { webhookReceiver } from '../../../support/webhook-receiver.ts';

const error = { name: 'ObjectMissingError', message: 'the vault has lost it' };
const kind = 'backup-missing' as const;

/** A platform that tells by mail and by Slack, whose receiver answers with `status()`. */
async function telling(status: () => number) {
  const { received, url } = await webhookReceiver((response: ServerResponse) => void response.writeHead(status()).end());
  const platform = await testPlatform({ rows: 1, config: { notify: [{ slack: `${url}/services/hidden` }], heartbeat: `${url}/hidden-beat` } });
  const happen = (subject: string) => openIncident(platform, { database: 'main', kind, subject, error });
  return { platform, received, happen };
}

describe('an alert by mail and by a webhook', () => {
  it('arrives by both, and so does its end', async () => {
    const { happen, platform, received } = await telling(() => 200);
    expect(await happen('one')).toBe(true);
    await endIncident(platform, 'main', kind);
    expect(mailsOf(platform)).toHaveLength(2);
    expect(received.map(({ body }) => JSON.parse(body).text)).toEqual([
      '[Sauvegarde] main: a backup has gone from the vault',
      '[Sauvegarde] main: resolved: no backup is missing from the vault any more',
    ]);
  });

  it('whose webhook fails arrives by mail, once, and by the webhook alone when that works again', async () => {
    let status = 500;
    const { happen, platform, received } = await telling(() => status);
    expect(await happen('one')).toBe(false);
    expect(await happen('two')).toBe(false);
    await alertWhatIsDue(platform);
    expect(mailsOf(platform)).toHaveLength(1);
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([
      { count: 2, alert: { state: 'due', delivered: ['mail'] }, toldAt: expect.anything() },
    ]);
    status = 200;
    await alertWhatIsDue(platform);
    expect(mailsOf(platform)).toHaveLength(1);
    expect(received).toHaveLength(4);
    expect((await platform.catalogue.incidents.list()).items).toMatchObject([{ alert: { state: 'sent' } }]);
    expect(platform.log.lines.join('\n')).toContain(
      'the message by slack of backup-missing for main (it stays due and is tried again) could not be sent: slack answers 500',
    );
    expect(platform.log.lines.join('\n')).not.toContain('hidden');
  });

  it('that one administrator cannot get goes once to the other, and the log and the test name the one', async () => {
    const { address, received } = await mailServer({
      onRcptTo: ({ address: to }, _, callback) => callback(to.startsWith('new@') ? Object.assign(new Error('no such person'), { responseCode: 550 }) : null),
    });
    const made = await testPlatform({ rows: 1, config: { administrators: ['admin@example.org', 'new@example.org'] } });
    const platform = { ...made, mailer: new SmtpMailer(() => `smtp://${address}`) };
    expect(await openIncident(platform, { database: 'main', kind, subject: 'one', error })).toBe(true);
    await alertWhatIsDue(platform);
    expect(received.map(({ to }) => to)).toEqual([['admin@example.org']]);
    expect(made.log.lines.join('\n')).toMatch(/the mail did not reach everybody: .*new@example\.org/);
    expect(await testAlert(platform)).toMatchObject([
      { way: 'mail', error: { name: 'MailRefusedError', message: expect.stringContaining('new@example.org') } },
    ]);
  });

  it('whose webhook stays broken is told by mail each day all the same', async () => {
    const { happen, platform } = await telling(() => 500);
    for (const day of ['22', '23', '24']) {
      platform.clock.set(`2026-11-${day}T05:00:00Z`);
      await happen(day);
      for (let hour = 6; hour < 9; hour++) {
        platform.clock.set(`2026-11-${day}T0${hour}:00:00Z`);
        await alertWhatIsDue(platform);
      }
    }
    expect(mailsOf(platform)).toHaveLength(3);
    expect(`${mailsOf(platform)} ${platform.log.lines}`).not.toContain('hidden');
  });

  it('whose mail fails arrives by the webhook', async () => {
    const { happen, platform, received } = await telling(() => 200);
    const outbox = join(platform.state, 'outbox');
    writeFileSync(outbox, 'where the folder should be');
    expect(await happen('one')).toBe(false);
    expect(received).toHaveLength(1);
    rmSync(outbox);
    await alertWhatIsDue(platform);
    expect(mailsOf(platform)).toHaveLength(1);
    expect(received).toHaveLength(1);
  });

  it('is tested by every way, and each says whether it took it', async () => {
    const { platform, received } = await telling(() => 404);
    expect(await testAlert(platform)).toEqual([{ way: 'mail' }, { way: 'slack', error: { name: 'WebhookRefusedError', message: 'slack answers 404' } }]);
    expect(mailsOf(platform)[0]).toContain('Subject: [Sauvegarde] test: alerts reach you');
    expect(received).toHaveLength(1);
  });
});

it('a heartbeat that is not taken is logged without its address, and stops nothing', async () => {
  const { platform } = await telling(() => 500);
  await beat(platform, 'main', 'success');
  expect(platform.log.lines).toEqual(['warning: the heartbeat of main (success) was not delivered: the service of the heartbeat answers 500']);
});
