import { SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import type { Arrived } from '../port-contracts/mailer.ts';
import { awsEnvironment } from './aws.ts';
import { decoded } from './mail.ts';
import { type Asked, recorder } from './recorded-calls.ts';

/**
 * Makes a client of the emulator's SES in which the sender is verified, and reads the mails that it takes from this
 * client.
 */
export async function sesOfEmulator(sender: string): Promise<{ client: SESClient; arrived: () => Promise<Arrived[]> }> {
  const { AWS_ENDPOINT_URL: target = '' } = await awsEnvironment();
  const { endpoint, accepted } = await recorder('test', target);
  const client = new SESClient({ endpoint, region: 'eu-west-3', credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
  await client.send(new VerifyEmailIdentityCommand({ EmailAddress: sender }));
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
