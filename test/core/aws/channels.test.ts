import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { SESClient } from '@aws-sdk/client-ses';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AwsChannels, type AwsChannelsOptions } from '../../../core/aws/channels.ts';
import { SesMailer } from '../../../core/mail/ses.ts';
import type { Channels } from '../../../core/notify/channels.ts';
import { askAgain, unconfirmed } from '../../../core/operations/keeping/confirmations.ts';
import { watch } from '../../../core/operations/keeping/watch.ts';
import { checkChannels } from '../../../core/operations/orders/check-channels.ts';
import { awsEnvironment, describeAws } from '../../support/aws.ts';
import { addressOf, listening } from '../../support/mail-server.ts';
import { testPlatform } from '../../support/platform.ts';
import { type Asked, recorder } from '../../support/recorded-calls.ts';
import { mailsIn, newTopic, sesOfEmulator } from '../../support/ses.ts';

const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
/** Ours alone: the emulator is everybody's. */
const domain = `${randomUUID()}.example`;
const [sender, admin, night] = [`backup@mail.${domain}`, `admin@${domain}`, `night@${randomUUID()}.example`];

function clientsOf(endpoint: string) {
  const settings = { endpoint, region: 'eu-west-3', credentials };
  return { sns: new SNSClient(settings), ses: new SESClient(settings), sesv2: new SESv2Client(settings) };
}

/** Ways of a stack: alarms to two, of whom one has subscribed; mail from an address whose domain is verified. */
async function channelsWith(changes: Partial<AwsChannelsOptions> = {}, suppressed: object | undefined = undefined) {
  const { AWS_ENDPOINT_URL: emulator = '' } = await awsEnvironment();
  const answer = async ({ path }: Asked) =>
    path.startsWith('/v2/')
      ? suppressed
        ? { status: 200, body: { SuppressedDestination: { EmailAddress: admin, LastUpdateTime: 1_795_000_000, ...suppressed } } }
        : { status: 404, body: { __type: 'NotFoundException', message: 'not on the list' } }
      : undefined;
  const { calls, endpoint } = await recorder('watch', emulator, answer);
  const topic = await newTopic(emulator, admin);
  const given = { ...clientsOf(endpoint), topic, alarmsTo: [admin, night], sender, senderVerified: false, recipients: [admin], ...changes };
  return { channels: new AwsChannels(given), calls };
}

describeAws('what AWS opens once it is confirmed', () => {
  it('is told of each address; the domain of a sender counts for it, and SNS forgets who does not answer', async () => {
    await sesOfEmulator(domain);
    const { channels } = await channelsWith({ recipients: [admin, night] });
    expect(await channels.look()).toEqual([
      { kind: 'alarms', address: admin, isConfirmed: true },
      { kind: 'alarms', address: night, isConfirmed: false },
      { kind: 'sender', address: sender, isConfirmed: true },
      { kind: 'recipient', address: admin, isConfirmed: true },
      { kind: 'recipient', address: night, isConfirmed: false },
    ]);
  });

  it('is told and asked for again every day until it is confirmed, and once more when it is', async () => {
    await sesOfEmulator(domain);
    const newSender = `new@${randomUUID()}.example`;
    const { channels, calls } = await channelsWith({ sender: newSender });
    const made = await testPlatform();
    const platform = { ...made, channels: channels as Channels, config: { ...made.config, databases: {} } };
    const hourly = async () => {
      const begun = platform.clock.now();
      const pending = await unconfirmed(channels);
      await watch(platform, { limits: {}, free: undefined, expiries: [], unconfirmed: pending.map(({ address }) => address) });
      await askAgain(platform, pending, begun);
      platform.clock.set(new Date(begun.getTime() + 3_600_000));
    };
    const asked = () => calls.filter(({ action }) => /Subscribe$|Verify|Publish/.test(action)).map(({ action }) => action);
    for (let hour = 0; hour < 6; hour++) await hourly(); // until ten in the evening: AWS has just asked
    const open = async () => (await platform.catalogue.incidents.list()).items.filter(({ kind }) => kind === 'channel-unconfirmed');
    expect(await open()).toMatchObject([{ alert: { state: 'sent' }, last: { details: { addresses: `${night}, ${newSender}` } } }]);
    expect(asked()).toEqual([]);
    for (let hour = 0; hour < 24; hour++) await hourly();
    expect(asked()).toEqual(['sns:Subscribe', 'ses:VerifyEmailIdentity', 'sns:Publish']); // the emulator's people confirm at once
    expect(await open()).toEqual([]);
  });

  it('is checked with a test through each; who is on the list of those whom SES sends nothing is named', async () => {
    await sesOfEmulator(domain);
    const { channels } = await channelsWith({}, { Reason: 'BOUNCE' });
    const findings = await checkChannels(Object.assign(await testPlatform({ config: { administrators: [admin] } }), { channels }));
    const stateOf = Object.fromEntries(findings.map(({ check, found, state }) => [check, `${state}: ${found}`]));
    expect(stateOf).toMatchObject({
      [`alarms to ${admin}`]: 'ok: confirmed',
      [`alarms to ${night}`]: 'wrong: SNS waits for its confirmation: alarms do not reach it',
      [`mail from ${sender}`]: 'ok: confirmed',
      [`mail to ${admin}`]: 'wrong: SES sends it nothing any more, since a mail to it came back (2026-11-18). Take it off the suppression list of SES',
      'mails that came back': expect.stringMatching(/^ok: 0 of \d+ mails of this account in two weeks came back, 0 were called spam$/),
      'test by mail': 'ok: taken',
      'test by alarms': 'ok: taken',
    });
  });
});

/** SNS and SES that give these answers, by action, and take no mail to `refused`. Returns the endpoint, and whom they sent mails. */
async function answering(answers: Record<string, string>, refused?: string): Promise<{ endpoint: string; taken: string[][] }> {
  const taken: string[][] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const action = new URLSearchParams(body.toString()).get('Action') ?? '';
    const to = action === 'SendRawEmail' ? mailsIn({ body } as Asked).flatMap((mail) => mail.to) : [];
    if (refused !== undefined && to.includes(refused))
      return void response.writeHead(400).end('<ErrorResponse><Error><Code>MessageRejected</Code><Message>not verified</Message></Error></ErrorResponse>');
    if (to.length > 0) taken.push(to);
    if (request.url?.startsWith('/v2/')) return void response.writeHead(404, { 'x-amzn-errortype': 'NotFoundException' }).end('{}');
    response.end(`<${action}Response><${action}Result>${answers[action] ?? ''}</${action}Result></${action}Response>`);
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => void server.close());
  return { endpoint: `http://${addressOf(server)}`, taken };
}

describe('what SNS and SES answer', () => {
  it('in the sandbox names the recipient who is refused, and the others get the test', async () => {
    const verified = (address: string) => `<entry><key>${address}</key><value><VerificationStatus>Success</VerificationStatus></value></entry>`;
    const { endpoint, taken } = await answering(
      {
        ListSubscriptionsByTopic: '<Subscriptions/>',
        GetSendQuota: '<Max24HourSend>200</Max24HourSend>',
        GetIdentityVerificationAttributes: `<VerificationAttributes>${verified(sender)}${verified(admin)}</VerificationAttributes>`,
        GetSendStatistics: '<SendDataPoints/>',
        SendRawEmail: '<MessageId>1</MessageId>',
        Publish: '<MessageId>1</MessageId>',
      },
      night,
    );
    const clients = clientsOf(endpoint);
    const channels = new AwsChannels({ ...clients, topic: 'arn:topic', alarmsTo: [], sender, senderVerified: false, recipients: [admin, night] });
    const platform = await testPlatform({ config: { administrators: [admin, night], sender } });
    const findings = await checkChannels(Object.assign(platform, { channels, mailer: new SesMailer(clients.ses) }));
    expect(taken).toEqual([[admin]]);
    expect(findings.filter(({ state }) => state === 'wrong')).toEqual([
      { check: `mail to ${night}`, state: 'wrong', found: expect.stringContaining('SES waits for its confirmation'), error: 'MailRefusedError' },
      { check: 'test by mail', state: 'wrong', found: expect.stringContaining(`to ${night}: MessageRejected: not verified`), error: 'MailRefusedError' },
    ]);
  });

  it('of a subscription that waits is no ARN, and mails that came back are a warning', async () => {
    const answers: Record<string, string> = {
      ListSubscriptionsByTopic: `<Subscriptions><member><SubscriptionArn>PendingConfirmation</SubscriptionArn><Endpoint>${admin}</Endpoint></member></Subscriptions>`,
      GetSendQuota: '<Max24HourSend>50000</Max24HourSend>',
      GetIdentityVerificationAttributes: '<VerificationAttributes/>',
      GetSendStatistics:
        '<SendDataPoints><member><DeliveryAttempts>9</DeliveryAttempts><Bounces>2</Bounces><Complaints>1</Complaints></member></SendDataPoints>',
      Publish: '<MessageId>1</MessageId>',
    };
    const given = { ...clientsOf((await answering(answers)).endpoint), topic: 'arn:topic', alarmsTo: [admin], sender, senderVerified: true, recipients: [] };
    const channels = new AwsChannels(given);
    expect(await channels.look()).toEqual([
      { kind: 'alarms', address: admin, isConfirmed: false },
      { kind: 'sender', address: sender, isConfirmed: false },
    ]);
    const findings = await checkChannels(Object.assign(await testPlatform(), { channels }));
    expect(findings).toContainEqual({
      check: 'mails that came back',
      state: 'warning',
      found: '2 of 9 mails of this account in two weeks came back, 1 were called spam',
    });
  });
});
