import type { Language } from '../../core/mail/messages/messages.ts';
import { english, type Words } from './en.ts';
import { french } from './fr.ts';

export type { Words } from './en.ts';

const languages: Record<Language, Words> = { en: english, fr: french };

export function wordsIn(language: Language): Words {
  return languages[language];
}

/** Chooses the first language of a browser's list (`fr-CA,fr;q=0.9,en;q=0.8`) that the console speaks. */
export function preferredLanguage(accepted: string | undefined, otherwise: Language): Language {
  const weighed = (accepted ?? '').split(',').map((each) => {
    const [tag = '', weight] = each.split(';q=');
    return { language: tag.trim().toLowerCase().slice(0, 2), weight: weight === undefined ? 1 : Number(weight) || 0 };
  });
  const spoken = weighed.filter(({ language, weight }) => Object.hasOwn(languages, language) && weight > 0).sort((one, other) => other.weight - one.weight);
  return (spoken[0]?.language as Language | undefined) ?? otherwise;
}
