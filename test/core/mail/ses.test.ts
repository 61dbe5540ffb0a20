import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { SESClient } from '@aws-sdk/client-ses';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MailRefusedError } from '../../../core/errors.ts';
import { SesMailer } from '../../../core/mail/ses.ts';
import { describeAws } from '../../support/aws.ts';
import { addressOf, listening } from '../../support/mail-server.ts';
import type { Asked } from '../../support/recorded-calls.ts';
import { mailsIn, sesOfEmulator } from '../../support/ses.ts';

const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
const message = { from: 'ses@example.org', to: ['one@example.org'], subject: 'subject', text: 'text\n' };

describeAws('the SES mailer', () => {
  it.each([1, 49, 50, 51, 100, 120])('reaches %i recipients, in mails of 50 at most', async (count) => {
    const { client, arrived } = await sesOfEmulator(message.from);
    const to = Array.from({ length: count }, (_, index) => `person-${index}@example.org`);
    await new SesMailer(client).send({ ...message, to });
    const mails = await arrived();
    expect(mails.flatMap((mail) => mail.to)).toEqual(to);
    expect(mails).toHaveLength(Math.ceil(count / 50));
    for (const mail of mails) expect(mail.to.length).toBeLessThanOrEqual(50);
  });

  it('is a MailRefusedError that says to verify a sender who is not', async () => {
    const { client, arrived } = await sesOfEmulator(message.from);
    const error = await new SesMailer(client).send({ ...message, from: 'nobody@example.com' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toMatch(/nobody@example\.com.*MessageRejected.*verify the sender/);
    expect(await arrived()).toEqual([]);
  });
});

/** SES that answers a mail to this address, alone or among others, with an error of this code, and the mails that it takes. */
async function refusing(address: string, code: string): Promise<{ client: SESClient; taken: string[][] }> {
  const taken: string[][] = [];
  const server = createServer(async (request, response) => {
    const to = mailsIn({ body: await buffer(request) } as Asked).flatMap((mail) => mail.to);
    const refused = to.some((each) => each.includes(address));
    if (!refused) taken.push(to);
    response.writeHead(refused ? 400 : 200, { 'content-type': 'text/xml' });
    response.end(
      refused
        ? `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>not today</Message></Error><RequestId>1</RequestId></ErrorResponse>`
        : '<SendRawEmailResponse><SendRawEmailResult><MessageId>1</MessageId></SendRawEmailResult></SendRawEmailResponse>',
    );
  }).listen(0, '127.0.0.1');
  await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { client: new SESClient({ endpoint: `http://${addressOf(server)}`, region: 'eu-west-3', credentials }), taken };
}

describe('SES in its sandbox', () => {
  it('refuses a mail to an address that is not verified: the others get it, each once, and the error names the one', async () => {
    const { client, taken } = await refusing('new@example.org', 'MessageRejected');
    const error = await new SesMailer(client).send({ ...message, to: ['one@example.org', 'new@example.org', 'two@example.org'] }).catch((reason) => reason);
    expect(taken).toEqual([['one@example.org'], ['two@example.org']]);
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(error).toMatchObject({ partly: true });
    expect(String(error)).toMatch(/to new@example\.org: MessageRejected: not today; verify the sender/);
    expect(String(error)).not.toContain('one@example.org');
  });

  it('reaches nobody when no address is verified, and says so', async () => {
    const { client, taken } = await refusing('@example.org', 'MessageRejected');
    const error = await new SesMailer(client).send({ ...message, to: ['one@example.org', 'two@example.org'] }).catch((reason) => reason);
    expect(taken).toEqual([]);
    expect(error).toMatchObject({ partly: false });
  });
});

describe('SES that refuses', () => {
  it.each([
    ['AccountSendingPausedException', 'enable sending again'],
    ['Throttling', 'quota'],
    ['MailFromDomainNotVerifiedException', 'MX record'],
    ['AccessDenied', 'ses:SendRawEmail'],
    ['SomethingNew', 'not today'],
  ])('with %s is a MailRefusedError that says what to do', async (code, advice) => {
    const { client } = await refusing('@', code);
    const error = await new SesMailer(client).send(message).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MailRefusedError);
    expect(String(error)).toContain('not today');
    expect(String(error)).toContain(advice);
  });

  it('by not being there is a MailRefusedError', async () => {
    const client = new SESClient({ endpoint: 'http://127.0.0.1:1', region: 'eu-west-3', credentials });
    await expect(new SesMailer(client).send(message)).rejects.toBeInstanceOf(MailRefusedError);
  });
});
