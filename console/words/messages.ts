import { messagesIn } from '../../core/mail/messages/languages.ts';
import type { Language, Messages } from '../../core/mail/messages/messages.ts';
import type { Words } from './words.ts';

const typeset: Record<Language, Messages> = { en: messagesIn('en'), fr: french(messagesIn('fr')) };

/** Returns the words that the mails have too, as a page shows them: in French no line begins with a colon. */
export function messagesFor({ language }: Pick<Words, 'language'>): Messages {
  return typeset[language];
}

/** Puts spaces that do not break before high punctuation and inside quotation marks, in all texts of a value. */
function french<Value>(value: Value): Value {
  if (typeof value === 'string') return value.replace(/ (?=[:;?!»](?:[\s.,)»]|$))|(?<=«) /g, '\u00a0') as Value;
  if (typeof value === 'function') return ((...given: unknown[]) => french(value(...given))) as Value;
  if (Array.isArray(value)) return value.map(french) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, french(each)])) as Value;
}
