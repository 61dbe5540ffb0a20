import { SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import type { Arrived } from '../port-contracts/mailer.ts';
import { awsEnvironment } from './aws.ts';
import { decoded } from './mail.ts';

/** A client of moto's SES in which the sender is verified, and the mails that it takes from now on. moto tells them outside of AWS's API: with another emulator nothing has arrived. */
export async function sesOfEmulator(sender: string): Promise<{ client: SESClient; arrived: () => Promise<Arrived[]> }> {
  const {
    AWS_ENDPOINT_URL: endpoint = '',
    AWS_REGION: region = '',
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
  } = await awsEnvironment();
  const client = new SESClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  await client.send(new VerifyEmailIdentityCommand({ EmailAddress: sender }));
  const before = (await taken(endpoint)).length;
  return {
    client,
    arrived: async () =>
      (await taken(endpoint))
        .slice(before)
        .filter(({ source }) => source === sender)
        .map(({ destinations, raw_data }) => ({ to: destinations, content: decoded(raw_data) })),
  };
}

async function taken(endpoint: string): Promise<{ source: string; destinations: string[]; raw_data: string }[]> {
  const state = (await (await fetch(`${endpoint}/moto-api/data.json`)).json()) as {
    ses?: { RawMessage?: { source: string; destinations: string[]; raw_data: string }[] };
  };
  return state.ses?.RawMessage ?? [];
}
