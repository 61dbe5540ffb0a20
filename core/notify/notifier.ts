import type { Letter } from '../mail/messages/letter.ts';

/** A message to people by another way than mail. */
export interface Notice {
  event: 'alert' | 'resolved' | 'test';
  letter: Letter;
  /** Instant, ISO 8601 in UTC. */
  at: string;
  /** Missing for the vault. */
  database?: string | undefined;
  /** Kind of the incident; missing for a test. */
  kind?: string;
}

/** Event of a run, for a service that alarms when it hears nothing. */
export type Beat = 'start' | 'success' | 'fail';

/** Tells people by webhooks, and outside services by heartbeats. No address appears in a name or an error. */
export interface Notifier {
  /** Names of the configured ways: `slack`, `ntfy 2`. */
  readonly ways: readonly string[];
  /**
   * Resolves once the way has taken the notice. Throws WebhookRefusedError, which is retryable; the notice can then
   * arrive twice. Throws ConfigurationError for an address that cannot be one.
   */
  send(way: string, notice: Notice): Promise<void>;
  /** Tells the database's service, if it has one. Throws as `send`. */
  beat(database: string, beat: Beat): Promise<void>;
}
