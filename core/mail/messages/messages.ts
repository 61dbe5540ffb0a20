import type { Backup } from '../../catalogue/backups.ts';
import type { Details, Incident, IncidentKind, WatchedKind } from '../../catalogue/incidents.ts';
import type { ErrorName } from '../../errors.ts';
import type { Letter } from './letter.ts';

export type Language = 'en' | 'fr';

/** Texts about a finding of watch. */
export interface WatchedTexts {
  title: string;
  /** Title of its end. */
  resolved: string;
  /** Says what was found, as a clause without an end mark. */
  message(details: Details, timeZone: string): string;
  remedy: string;
}

/** All texts for people, in one language. */
export interface Messages {
  /** Reports a failure: what happened, since when, the last good backup and its age, what to try. */
  alert(incident: Incident, lastGood: Backup | undefined, now: Date, timeZone: string): Letter;
  /** Reports the end of an incident. */
  over(incident: Incident, timeZone: string): Letter;
  /** Shows that alerts arrive. */
  test(now: Date, timeZone: string): Letter;
  /** Names a kind of incident by what has happened. */
  title(kind: IncidentKind): string;
  /** Texts about the findings of watch. */
  watched: Record<WatchedKind, WatchedTexts>;
  /** Meaning of each error, as a clause without an end mark. */
  meaning: Record<ErrorName, string>;
  /** Advice on each error. */
  advice: Record<ErrorName, string>;
}
