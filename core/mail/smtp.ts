import { createTransport, type Transporter } from 'nodemailer';
import { ConfigurationError, MailRefusedError } from '../errors.ts';
import type { Mailer, Message } from './mailer.ts';
import { headers } from './mime.ts';

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
      const { rejected } = await transport.sendMail({ ...message, headers });
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
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    const isHere = /^(localhost|127(\.\d+){3}|::1)$/.test(host);
    const transport = createTransport({
      host,
      port: Number(url.port) || (url.protocol === 'smtps:' ? 465 : 587),
      secure: url.protocol === 'smtps:',
      ...(user && { auth: { user, pass } }),
      connectionTimeout: this.#patienceMs,
      greetingTimeout: this.#patienceMs,
      socketTimeout: this.#patienceMs,
      // a server on this machine seldom has a signed certificate, and no network in between
      tls: { rejectUnauthorized: !isHere },
      // a password never crosses a network in the clear
      requireTLS: user !== '' && !isHere,
    });
    try {
      await work(transport);
    } catch (error) {
      if (error instanceof MailRefusedError) throw error;
      // no cause: it holds the server's words, and a server may repeat what it received
      throw new MailRefusedError(`the mail server ${host} refused: ${withoutSecret((error as Error).message, user, pass)}`);
    } finally {
      transport.close();
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
