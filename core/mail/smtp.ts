import { createTransport, type Transporter } from 'nodemailer';
import { ConfigurationError, MailRefusedError } from '../errors.ts';
import type { Mailer, Message } from './mailer.ts';

/** A mail server that does not answer must not hold up the end of a run. */
const patienceMs = 15_000;

/** Sends by SMTP. The URL, `smtp[s]://[user:password@]host[:port]`, is asked for where it is used and appears in no error. */
export class SmtpMailer implements Mailer {
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
  }

  /** Where mails are sent. Throws a ConfigurationError when that is no address of a mail server. */
  address(): URL {
    return parse(this.#url());
  }

  async send(message: Message): Promise<void> {
    await this.#with(async (transport) => {
      const { rejected } = await transport.sendMail({ ...message, headers: { 'Auto-Submitted': 'auto-generated' } });
      if (rejected && rejected.length > 0) throw new MailRefusedError(`the mail server took the mail but not for ${rejected.join(', ')}`);
    });
  }

  /** Connects and signs in without sending anything. */
  async check(): Promise<void> {
    await this.#with(async (transport) => {
      await transport.verify();
    });
  }

  async #with(work: (transport: Transporter) => Promise<void>): Promise<void> {
    const url = this.address();
    const transport = createTransport({
      host: url.hostname,
      port: Number(url.port) || (url.protocol === 'smtps:' ? 465 : 587),
      secure: url.protocol === 'smtps:',
      ...(url.username && { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
      connectionTimeout: patienceMs,
      greetingTimeout: patienceMs,
      socketTimeout: patienceMs,
      // a server on this machine has seldom a certificate that anyone signed, and no network in between
      tls: { rejectUnauthorized: !/^(localhost|127\..*|\[::1\])$/.test(url.hostname) },
    });
    try {
      await work(transport);
    } catch (error) {
      if (error instanceof MailRefusedError) throw error;
      throw new MailRefusedError(`the mail server ${url.hostname} refused: ${(error as Error).message}`, { cause: error });
    } finally {
      transport.close();
    }
  }
}

function parse(text: string): URL {
  const url = URL.parse(text);
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '')
    throw new ConfigurationError('local.mail.smtp is not an address of a mail server; write smtps://user:password@host:465');
  return url;
}
