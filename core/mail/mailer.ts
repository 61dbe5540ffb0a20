/** A mail, as plain text and as HTML that says the same. */
export interface Message {
  from: string;
  to: string[];
  subject: string;
  text: string;
  /** @default plain text alone */
  html?: string;
}

/** Sends mails to people. */
export interface Mailer {
  /**
   * Resolves once the message was accepted for every recipient. A recipient who is refused keeps no other from getting
   * it: the MailRefusedError is then `partly` so. Any other one is retryable; the message can then arrive twice.
   */
  send(message: Message): Promise<void>;
}
