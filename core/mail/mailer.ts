/** A plain-text mail. */
export interface Message {
  from: string;
  to: string[];
  subject: string;
  text: string;
}

/** Hands mails on to people. */
export interface Mailer {
  /** Resolves when the message was accepted for every recipient. A MailRefusedError may be tried again; it can then arrive twice. */
  send(message: Message): Promise<void>;
}
