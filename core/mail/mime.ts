import MailComposer from 'nodemailer/lib/mail-composer';
import type { Message } from './mailer.ts';

/** Marks a mail that no person wrote (RFC 3834). */
export const headers = { 'Auto-Submitted': 'auto-generated' };

/** Writes the message as RFC 5322 bytes. */
export function mime(message: Message): Promise<Buffer> {
  return new MailComposer({ ...message, headers, newline: 'windows' }).compile().build();
}
