/** A way of telling people that its provider opens only once it is confirmed. */
export interface Channel {
  /** `alarms`: an address of the last resort; `sender` and `recipient`: addresses of mail. */
  kind: 'alarms' | 'sender' | 'recipient';
  address: string;
  isConfirmed: boolean;
}

/** Fate of the mails of the last two weeks, of the whole account. */
export interface Deliveries {
  /** Recipients whom the provider sends nothing any more, and why. `since` is ISO 8601 in UTC. */
  suppressed: { address: string; reason: string; since: string }[];
  attempts: number;
  bounces: number;
  complaints: number;
}

/** Ways of telling people whose confirmation can be looked at. Every method is retryable. */
export interface Channels {
  look(): Promise<Channel[]>;
  /** Asks once more for the confirmations that can be asked for from here. */
  askAgain(pending: readonly Channel[]): Promise<void>;
  /** Tells those who have confirmed their address of the last resort. */
  publish(subject: string, text: string): Promise<void>;
  deliveries(): Promise<Deliveries>;
}
