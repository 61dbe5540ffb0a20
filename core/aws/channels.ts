import {
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
  GetSendStatisticsCommand,
  type SESClient,
  VerifyEmailIdentityCommand,
} from '@aws-sdk/client-ses';
import { GetSuppressedDestinationCommand, NotFoundException, type SESv2Client } from '@aws-sdk/client-sesv2';
import { PublishCommand, paginateListSubscriptionsByTopic, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { Channel, Channels, Deliveries } from '../notify/channels.ts';

/** Mails a day that an account may send while it is in SES's sandbox (SES developer guide, "Service quotas"). */
const ofSandbox = 200;

export interface AwsChannelsOptions {
  sns: SNSClient;
  ses: SESClient;
  sesv2: SESv2Client;
  /** ARN of the alarms' topic. */
  topic: string;
  /** Addresses that alarms go to. */
  alarmsTo: readonly string[];
  sender: string;
  /** True if the sender is an identity of somebody else's making. */
  senderVerified: boolean;
  recipients: readonly string[];
}

/**
 * Ways of telling people that AWS opens only once somebody has confirmed them: subscriptions of the alarms' topic, and
 * the addresses of SES.
 * Rights: sns:ListSubscriptionsByTopic, sns:Subscribe and sns:Publish on the topic. On everything, since these know no
 * resources: ses:GetSendQuota, ses:GetSendStatistics, ses:GetIdentityVerificationAttributes,
 * ses:VerifyEmailIdentity and ses:GetSuppressedDestination.
 */
export class AwsChannels implements Channels {
  readonly #given: AwsChannelsOptions;

  constructor(given: AwsChannelsOptions) {
    this.#given = given;
  }

  async look(): Promise<Channel[]> {
    return [...(await this.#subscriptions()), ...(await this.#identities())];
  }

  async askAgain(pending: readonly Channel[]): Promise<void> {
    const { senderVerified, ses, sns, topic } = this.#given;
    for (const { address, kind } of pending) {
      if (kind === 'alarms') await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'email', Endpoint: address }));
      if (kind === 'sender' && !senderVerified) await ses.send(new VerifyEmailIdentityCommand({ EmailAddress: address }));
    }
  }

  async publish(subject: string, text: string): Promise<void> {
    await this.#given.sns.send(new PublishCommand({ TopicArn: this.#given.topic, Subject: subject, Message: text }));
  }

  async deliveries(): Promise<Deliveries> {
    const { recipients, ses } = this.#given;
    const suppressed = [];
    for (const address of recipients) suppressed.push(...(await this.#suppression(address)));
    const { SendDataPoints: points = [] } = await ses.send(new GetSendStatisticsCommand({}));
    const sum = (of: 'DeliveryAttempts' | 'Bounces' | 'Complaints') => points.reduce((total, point) => total + (point[of] ?? 0), 0);
    return { suppressed, attempts: sum('DeliveryAttempts'), bounces: sum('Bounces'), complaints: sum('Complaints') };
  }

  async #suppression(address: string): Promise<Deliveries['suppressed']> {
    try {
      const { SuppressedDestination: found } = await this.#given.sesv2.send(new GetSuppressedDestinationCommand({ EmailAddress: address }));
      return [{ address, reason: found?.Reason ?? 'BOUNCE', since: (found?.LastUpdateTime ?? new Date(0)).toISOString() }];
    } catch (error) {
      if (error instanceof NotFoundException) return [];
      throw error;
    }
  }

  /** SNS forgets a subscription that nobody has confirmed for some days: what is missing waits too. */
  async #subscriptions(): Promise<Channel[]> {
    const { alarmsTo, sns, topic } = this.#given;
    const confirmed = new Set<string>();
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topic }))
      for (const { Endpoint = '', SubscriptionArn = '' } of Subscriptions) if (SubscriptionArn.startsWith('arn:')) confirmed.add(Endpoint);
    return alarmsTo.map((address) => ({ kind: 'alarms', address, isConfirmed: confirmed.has(address) }));
  }

  /** Outside of the sandbox the addresses of recipients need no confirmation. */
  async #identities(): Promise<Channel[]> {
    const { recipients, sender, ses } = this.#given;
    const { Max24HourSend: most = ofSandbox } = await ses.send(new GetSendQuotaCommand({}));
    const asked = [sender, ...(most <= ofSandbox ? recipients.filter((address) => address !== sender) : [])];
    const names = [...new Set(asked.flatMap(identitiesOf))];
    const verified = new Set<string>();
    for (let first = 0; first < names.length; first += mostIdentities) {
      const answer = await ses.send(new GetIdentityVerificationAttributesCommand({ Identities: names.slice(first, first + mostIdentities) }));
      for (const [name, { VerificationStatus }] of Object.entries(answer.VerificationAttributes ?? {}))
        if (VerificationStatus === 'Success') verified.add(name);
    }
    return asked.map((address) => ({
      kind: address === sender ? 'sender' : 'recipient',
      address,
      isConfirmed: identitiesOf(address).some((name) => verified.has(name)),
    }));
  }
}

/** Largest number of identities in one question (SES API reference, GetIdentityVerificationAttributes). */
const mostIdentities = 100;

/** Returns an address, its domain, and the domains above that, each of which may be the identity that covers it. */
function identitiesOf(address: string): string[] {
  const labels = address.slice(address.lastIndexOf('@') + 1).split('.');
  return [address, ...labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'))];
}
