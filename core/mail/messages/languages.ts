import { english } from './en.ts';
import { french } from './fr.ts';
import type { Language, Messages } from './messages.ts';

const languages: Record<Language, Messages> = { en: english, fr: french };

export function messagesIn(language: Language): Messages {
  return languages[language];
}
