import MailComposer from 'nodemailer/lib/mail-composer';
import { headers } from './headers.ts';
import type { Message } from './mailer.ts';

/** Writes the message as RFC 5322 bytes. */
export function mime(message: Message): Promise<Buffer> {
  return new MailComposer({ ...message, headers, newline: 'windows' }).compile().build();
}
