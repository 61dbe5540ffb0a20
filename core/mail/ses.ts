import { type SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { MailRefusedError } from '../errors.ts';
import type { Mailer, Message } from './mailer.ts';
import { mime } from './mime.ts';

/** Largest number of recipients that SES takes with one mail (Developer Guide, "Service quotas"). */
const mostRecipients = 50;

/** Remedies for SES's errors, by their names (API reference, SendRawEmail). */
const advice: Record<string, string> = {
  MessageRejected: 'verify the sender in SES of this region; while the account is in the sandbox, the recipients too',
  MailFromDomainNotVerifiedException: "correct the MX record of the sender's MAIL FROM domain, or let SES use its own",
  AccountSendingPausedException: 'SES has paused sending for this account: read why in its reputation page, and enable sending again',
  ConfigurationSetSendingPausedException: 'enable sending again for the configuration set of the sender',
  ConfigurationSetDoesNotExist: 'the configuration set of the sender was removed: give the identity another',
  Throttling: 'the sending rate or the daily quota is used up: ask AWS for a higher one',
  ThrottlingException: 'the sending rate or the daily quota is used up: ask AWS for a higher one',
  AccessDenied: 'let the role send as the sender: ses:SendRawEmail on its identity',
  AccessDeniedException: 'let the role send as the sender: ses:SendRawEmail on its identity',
};

/**
 * Sends by SES. The recipients are those of the header `To`; more than 50 get several mails, and so does each where SES
 * refuses them together.
 */
export class SesMailer implements Mailer {
  readonly #client: SESClient;

  constructor(client: SESClient) {
    this.#client = client;
  }

  async send(message: Message): Promise<void> {
    let taken = 0;
    const refused: MailRefusedError[] = [];
    const attempt = async (to: string[], orElse: (error: MailRefusedError) => unknown) => {
      try {
        await this.#sendOne({ ...message, to });
        taken += to.length;
      } catch (error) {
        await orElse(error as MailRefusedError);
      }
    };
    const give = (error: MailRefusedError) => refused.push(error);
    for (let first = 0; first < message.to.length; first += mostRecipients) {
      const together = message.to.slice(first, first + mostRecipients);
      // one address that is not verified, in the sandbox, makes SES refuse the mail to all
      const apart = async () => {
        for (const each of together) await attempt([each], give);
      };
      await attempt(together, (error) => (isRejected(error) && together.length > 1 ? apart() : give(error)));
    }
    const [error] = refused;
    if (error && taken === 0) throw error;
    if (error)
      throw Object.assign(new MailRefusedError(`SES took the mail but not for all: ${refused.map((each) => each.message).join('; ')}`), { partly: true });
  }

  async #sendOne(message: Message): Promise<void> {
    try {
      await this.#client.send(new SendRawEmailCommand({ RawMessage: { Data: await mime(message) } }));
    } catch (error) {
      const { name, message: said } = error as Error;
      const remedy = advice[name];
      throw new MailRefusedError(`SES did not take the mail from ${message.from} to ${message.to.join(', ')}: ${name}: ${said}${remedy ? `; ${remedy}` : ''}`, {
        cause: error,
      });
    }
  }
}

function isRejected({ cause }: MailRefusedError): boolean {
  return cause instanceof Error && cause.name === 'MessageRejected';
}
