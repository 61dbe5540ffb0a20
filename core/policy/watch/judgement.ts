import type { Details, WatchedKind } from '../../catalogue/incidents.ts';

/** Result of judging facts: details if the rule is broken, false if it is kept, undefined if the facts do not tell. */
export type Judgement = Details | false | undefined;

/** A rule. `core/mail/messages/watched-*.ts` has its message and its remedy in each language, under its kind. */
export interface Rule<Facts> {
  kind: WatchedKind;
  /** Bound beyond which it is broken, for people; `docs/watching.md` repeats it. */
  threshold: string;
  /** Time after which an alert repeats while it lasts, or the detail that names one occurrence, which alerts once. */
  repeat: 'daily' | 'weekly' | { once: string };
  judge(facts: Facts): Judgement;
}
