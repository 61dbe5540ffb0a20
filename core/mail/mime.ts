import MailComposer from 'nodemailer/lib/mail-composer';
import type { Message } from './mailer.ts';

/** The message as RFC 5322 bytes. */
export function mime({ from, to, subject, text }: Message): Promise<Buffer> {
  return new MailComposer({ from, to, subject, text, headers: { 'Auto-Submitted': 'auto-generated' } }).compile().build();
}
