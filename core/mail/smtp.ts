import type { Transporter } from 'nodemailer';
import type { SMTPConnectionCustomAuthHandler, SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { ConfigurationError, MailRefusedError } from '../errors.ts';
import { headers } from './headers.ts';
import type { Mailer, Message } from './mailer.ts';

/** Longest wait for a mail server, in milliseconds: one that does not answer must not delay the end of a run. */
const usualPatienceMs = 15_000;

/**
 * Sends by SMTP. The URL, `smtp[s]://[user:password@]host[:port]`, is read where it is used and appears in no error.
 */
export class SmtpMailer implements Mailer {
  readonly #url: () => string;
  readonly #patienceMs: number;

  constructor(url: () => string, patienceMs = usualPatienceMs) {
    this.#url = url;
    this.#patienceMs = patienceMs;
  }

  /** Returns the mail server's address. Throws ConfigurationError if it is not one. */
  address(): URL {
    return parse(this.#url());
  }

  async send(message: Message): Promise<void> {
    await this.#with(async (transport) => {
      const { rejected } = await transport.sendMail({ ...message, headers }); // throws if every recipient is refused
      if (rejected && rejected.length > 0)
        throw Object.assign(new MailRefusedError(`the mail server took the mail but not for ${rejected.join(', ')}`), { partly: true });
    });
  }

  /**
   * Connects, signs in and asks whether the server takes this sender and these recipients, without sending anything
   * (RFC 5321, 4.1.1.5: RSET ends a mail before its text).
   */
  async check({ from, to }: Pick<Message, 'from' | 'to'>): Promise<void> {
    await this.#asked(async (options, { user, pass }) => {
      const ask: SMTPConnectionCustomAuthHandler = async ({ sendCommand }) => {
        const refused: string[] = [];
        for (const command of [`MAIL FROM:<${from}>`, ...to.map((each) => `RCPT TO:<${each}>`)]) {
          const { status, response } = await sendCommand(command);
          if (status >= 300) refused.push(`${command} (${response})`);
        }
        await sendCommand('RSET');
        if (refused.length > 0) throw new Error(refused.join('; '));
      };
      const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
      // a method of signing in that asks something else is how commands of one's own are sent
      const connection = new SMTPConnection({ ...options, customAuth: { ENVELOPE: ask } });
      const failed = new Promise<never>((_, reject) => {
        connection.on('error', reject);
        connection.on('end', () => reject(new Error('the connection was closed')));
      });
      failed.catch(() => undefined); // a step tells it
      const step = (begin: (done: (error?: Error | null) => void) => void) =>
        Promise.race([failed, new Promise<void>((resolve, reject) => begin((error) => (error ? reject(error) : resolve())))]);
      try {
        await step((done) => connection.connect(done));
        if (user !== '') await step((done) => connection.login({ user, pass }, done));
        await step((done) => connection.login({ method: 'ENVELOPE' }, done));
        connection.quit();
      } finally {
        connection.close();
      }
    });
  }

  async #with(work: (transport: Transporter) => Promise<void>): Promise<void> {
    await this.#asked(async (options, { user, pass }) => {
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({ ...options, ...(user && { auth: { user, pass } }) });
      try {
        await work(transport);
      } finally {
        transport.close();
      }
    });
  }

  async #asked(work: (options: SMTPConnectionOptions, login: { user: string; pass: string }) => Promise<void>): Promise<void> {
    const url = this.address();
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    const isHere = /^(localhost|127(\.\d+){3}|::1)$/.test(host);
    const options = {
      host,
      port: Number(url.port) || (url.protocol === 'smtps:' ? 465 : 587),
      secure: url.protocol === 'smtps:',
      connectionTimeout: this.#patienceMs,
      greetingTimeout: this.#patienceMs,
      socketTimeout: this.#patienceMs,
      // a server on this machine seldom has a signed certificate, and no network in between
      tls: { rejectUnauthorized: !isHere },
      // a password never crosses a network in the clear
      requireTLS: user !== '' && !isHere,
    };
    try {
      await work(options, { user, pass });
    } catch (error) {
      if (error instanceof MailRefusedError) throw error;
      // no cause: it holds the server's words, and a server may repeat what it received
      throw new MailRefusedError(`the mail server ${host} refused: ${withoutSecret((error as Error).message, user, pass)}`);
    }
  }
}

function withoutSecret(text: string, user: string, pass: string): string {
  const base64 = (plain: string) => Buffer.from(plain).toString('base64');
  const forms = pass === '' ? [] : [pass, encodeURIComponent(pass), base64(pass), base64(`\0${user}\0${pass}`)];
  return forms.reduce((rest, form) => rest.replaceAll(form, '[password]'), text);
}

function parse(text: string): URL {
  const url = URL.parse(text);
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '' || !isDecodable(url.username) || !isDecodable(url.password))
    throw new ConfigurationError(
      'local.mail.smtp is not an address of a mail server; write smtps://user:password@host:465, with %40 for @ and the like in user and password',
    );
  return url;
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false; // a percent sign that begins no code
  }
}
