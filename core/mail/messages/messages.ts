import type { Backup } from '../../catalogue/backups.ts';
import type { Incident, IncidentKind } from '../../catalogue/incidents.ts';
import type { ErrorName } from '../../errors.ts';

export type Language = 'en' | 'fr';

export interface Letter {
  subject: string;
  text: string;
}

/** All texts for people, in one language. */
export interface Messages {
  /** Reports a failure: what happened, since when, the last good backup and its age, what to try. */
  alert(incident: Incident, lastGood: Backup | undefined, now: Date, timeZone: string): Letter;
  /** Reports the end of an incident. */
  over(incident: Incident, timeZone: string): Letter;
  /** Name of each kind of incident, as a clause without an end mark. */
  titles: Record<IncidentKind, string>;
  /** Meaning of each error, as a clause without an end mark. */
  meaning: Record<ErrorName, string>;
  /** Advice on each error. */
  advice: Record<ErrorName, string>;
}
