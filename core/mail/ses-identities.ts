import { GetIdentityVerificationAttributesCommand, GetSendQuotaCommand, type SESClient } from '@aws-sdk/client-ses';
import { MailRefusedError } from '../errors.ts';
import type { Message } from './mailer.ts';

/** Largest number of identities of one question (API reference, GetIdentityVerificationAttributes). */
const mostIdentities = 100;
/** Mails a day that SES allows in its sandbox, and never elsewhere (Developer Guide, "Request production access"). */
const mostInSandbox = 200;

/**
 * Asks SES whether it would take a mail from this sender to these recipients, without sending anything. Returns the
 * answer for people. Throws MailRefusedError, with what to verify. Rights: ses:GetSendQuota and
 * ses:GetIdentityVerificationAttributes.
 */
export async function checkIdentities(client: SESClient, { from, to }: Pick<Message, 'from' | 'to'>): Promise<string> {
  const { quota, verified } = await asked(client, [from, ...to]).catch((error: Error) => {
    throw new MailRefusedError(`SES does not say whether it takes mail from ${from}: ${error.name}: ${error.message}`, { cause: error });
  });
  const isUnverified = (address: string) => !identitiesOf(address).some((identity) => verified.has(identity));
  if (isUnverified(from))
    throw new MailRefusedError(
      `the sender ${from} is not verified in SES of this region; follow the link in the message that SES has sent to it, or verify its domain`,
    );
  const isSandbox = quota === mostInSandbox;
  const unverified = isSandbox ? to.filter(isUnverified) : [];
  if (unverified.length > 0)
    throw new MailRefusedError(
      `the account is in SES's sandbox, and these recipients are not verified: ${unverified.join(', ')}; verify them, or ask AWS for production access`,
    );
  return `SES takes mail from ${from} to ${to.join(', ')} (none was sent)${isSandbox ? "; the account is in SES's sandbox, where each recipient must be verified" : ''}`;
}

async function asked(client: SESClient, addresses: readonly string[]): Promise<{ quota: number | undefined; verified: Set<string> }> {
  const { Max24HourSend: quota } = await client.send(new GetSendQuotaCommand({}));
  const identities = [...new Set(addresses.flatMap(identitiesOf))];
  const verified = new Set<string>();
  for (let first = 0; first < identities.length; first += mostIdentities) {
    const { VerificationAttributes = {} } = await client.send(
      new GetIdentityVerificationAttributesCommand({ Identities: identities.slice(first, first + mostIdentities) }),
    );
    for (const [identity, { VerificationStatus }] of Object.entries(VerificationAttributes)) if (VerificationStatus === 'Success') verified.add(identity);
  }
  return { quota, verified };
}

/** Lists the identities that allow an address: itself, its domain, and the domains above. */
function identitiesOf(address: string): string[] {
  const labels = address
    .slice(address.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('.');
  return [address, ...labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'))];
}
