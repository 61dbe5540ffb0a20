/** A plain-text mail. */
export interface Message {
  from: string;
  to: string[];
  subject: string;
  text: string;
}

/** Sends mails to people. */
export interface Mailer {
  /**
   * Resolves once the message was accepted for every recipient. A MailRefusedError is retryable; the message can then
   * arrive twice.
   */
  send(message: Message): Promise<void>;
}
