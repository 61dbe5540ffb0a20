import { randomUUID } from 'node:crypto';
import { SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { Arrived } from '../port-contracts/mailer.ts';
import { awsEnvironment } from './aws.ts';
import { decoded } from './mail.ts';
import { type Asked, recorder } from './recorded-calls.ts';

const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };

/** Makes a topic to which an address has subscribed. Returns its ARN. */
export async function newTopic(endpoint: string, address: string): Promise<string> {
  const client = new SNSClient({ endpoint, region: 'eu-west-3', credentials });
  const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name: `alarms-${randomUUID()}` }));
  await client.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: address }));
  return TopicArn;
}

/**
 * Makes a client of the emulator's SES in which these addresses are verified, and reads the mails that it takes from
 * this client.
 */
export async function sesOfEmulator(...verified: string[]): Promise<{ client: SESClient; arrived: () => Promise<Arrived[]> }> {
  const { AWS_ENDPOINT_URL: target = '' } = await awsEnvironment();
  const { endpoint, accepted } = await recorder('test', target);
  const client = new SESClient({ endpoint, region: 'eu-west-3', credentials });
  for (const EmailAddress of verified) await client.send(new VerifyEmailIdentityCommand({ EmailAddress }));
  return { client, arrived: async () => accepted.flatMap(mailsIn) };
}

/** Returns the mail that a request sends, if it sends one. */
export function mailsIn({ body }: Asked): Arrived[] {
  const form = new URLSearchParams(body.toString());
  if (form.get('Action') !== 'SendRawEmail') return [];
  const content = decoded(Buffer.from(form.get('RawMessage.Data') ?? '', 'base64').toString());
  const to = /^To: (.*)$/m.exec(content)?.[1]?.split(', ') ?? [];
  return [{ to, content }];
}
