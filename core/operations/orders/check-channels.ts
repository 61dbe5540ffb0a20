import { MailRefusedError } from '../../errors.ts';
import { counted } from '../../figures.ts';
import type { Channel, Channels, Deliveries } from '../../notify/channels.ts';
import type { With } from '../../platform.ts';
import { type Finding, tried } from './check.ts';
import { testAlert } from './test-alert.ts';

const named: Record<Channel['kind'], (address: string) => string> = {
  alarms: (address) => `alarms to ${address}`,
  sender: (address) => `mail from ${address}`,
  recipient: (address) => `mail to ${address}`,
};
const waiting: Record<Channel['kind'], string> = {
  alarms: 'SNS waits for its confirmation: alarms do not reach it',
  sender: 'SES waits for its confirmation: nobody gets mail',
  recipient: 'SES waits for its confirmation, since the account is in its sandbox: mail does not reach it',
};

/**
 * Checks each way of telling people: it is confirmed, its mails do not come back, and it takes a test. People get the
 * tests.
 */
export async function checkChannels(platform: With<'mailer' | 'notifier'> & { channels: Channels }): Promise<Finding[]> {
  const { channels } = platform;
  const findings: Finding[] = [];
  const asked = await tried('confirmations', async () => {
    for (const { address, isConfirmed, kind } of await channels.look())
      findings.push(
        await tried(named[kind](address), async () => {
          if (!isConfirmed) throw new MailRefusedError(waiting[kind]);
          return 'confirmed';
        }),
      );
    return 'asked';
  });
  if (asked.state === 'wrong') findings.push(asked);
  let isUneasy = false;
  const mails = await tried('mails that came back', async () => {
    const { suppressed: given, attempts, bounces, complaints } = await channels.deliveries();
    findings.push(...given.map(suppressed));
    isUneasy = bounces + complaints > 0;
    return `${bounces} of ${counted(attempts, 'mail')} of this account in two weeks came back, ${complaints} were called spam`;
  });
  findings.push(isUneasy ? { ...mails, state: 'warning' } : mails);
  for (const { error, way } of await testAlert(platform))
    findings.push({ check: `test by ${way}`, ...(error ? { state: 'wrong', found: error.message, error: error.name } : { state: 'ok', found: 'taken' }) });
  findings.push(
    await tried('test by alarms', async () => {
      await channels.publish('Sauvegarde', 'A test: alarms reach you.');
      return 'taken';
    }),
  );
  return findings;
}

function suppressed({ address, reason, since }: Deliveries['suppressed'][number]): Finding {
  const why = reason === 'COMPLAINT' ? 'it called a mail of this account spam' : 'a mail to it came back';
  const found = `SES sends it nothing any more, since ${why} (${since.slice(0, 10)}). Take it off the suppression list of SES`;
  return { check: `mail to ${address}`, state: 'wrong', found, error: 'MailRefusedError' };
}
