import type { Backup } from '../../catalogue/backups.ts';
import type { Incident } from '../../catalogue/incidents.ts';
import type { ErrorName } from '../../errors.ts';

export type Language = 'en' | 'fr';

export interface Letter {
  subject: string;
  text: string;
}

/** Everything we say to people in one language. */
export interface Messages {
  /** Something went wrong: what, since when, the last good backup and its age, what to try. */
  alert(incident: Incident, lastGood: Backup | undefined, now: Date, timeZone: string): Letter;
  /** It is over. */
  over(incident: Incident, timeZone: string): Letter;
  /** What an error of this name means, in one sentence without end mark. */
  meaning: Record<ErrorName, string>;
  /** What a person can try when it comes up. */
  advice: Record<ErrorName, string>;
}
