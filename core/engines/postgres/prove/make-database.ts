import type { Scan } from '../../../documents/scan.ts';
import { settingOf } from '../dump/database-settings.ts';
import { linesOf, textOf } from '../restore/run-script.ts';
import { identifier, literal } from '../sql-text.ts';
import { restorer, type ScratchDatabase, superuser } from './scratch-database.ts';

/**
 * Makes the database with the source's encoding, locale and settings. Returns why there is none; `unlike` receives
 * what could not be had.
 */
export async function makeDatabase(scratch: ScratchDatabase, source: Scan['source'], unlike: (difference: string) => void): Promise<string[]> {
  const run = (statement: string) => scratch.run(textOf(['SET client_min_messages = error;', statement]), { user: superuser, whole: false, into: 'postgres' });
  const missing: string[] = [];
  for (const { locale, instead } of localesFor(source)) {
    const statement = `CREATE DATABASE restored OWNER ${restorer} TEMPLATE template0 ENCODING ${literal(source?.encoding ?? 'UTF8')} ${locale};`;
    const { complaint } = await run(statement);
    if (complaint === '' && !instead) break;
    if (complaint === '') {
      unlike(`locale ${source?.locale?.collate} could not be had; text was compared in the order of ${instead}`);
      break;
    }
    if (locale === plain) missing.push(`the database could not be made: ${linesOf(complaint)[0]}`);
  }
  for (const { name, value } of (source?.settings ?? []).map(settingOf)) {
    const { complaint } = await run(`ALTER DATABASE restored SET ${identifier(name)} TO ${literal(value)};`);
    if (complaint !== '') unlike(`the setting ${name} could not be had: ${linesOf(complaint)[0]}`);
  }
  return missing;
}

const plain = "LOCALE_PROVIDER libc LOCALE 'C'";

/** Lists locales by how near they come to the source's, the nearest first. */
function localesFor(source: Scan['source']): { locale: string; instead?: string }[] {
  const { provider, collate, ctype, name, rules } = source?.locale ?? { provider: 'c', collate: 'C', ctype: 'C', name: null, rules: null };
  const last = { locale: plain };
  if (provider === 'b' && name !== null) return [{ locale: `LOCALE_PROVIDER builtin BUILTIN_LOCALE ${literal(name)} LOCALE 'C'` }, { ...last, instead: 'C' }];
  if (provider === 'i' && name !== null) {
    const own = rules ? ` ICU_RULES ${literal(rules)}` : '';
    return [{ locale: `LOCALE_PROVIDER icu ICU_LOCALE ${literal(name)}${own} LOCALE 'C'` }, { ...last, instead: 'C' }];
  }
  const isC = /^(C|POSIX)$/.test(collate) && /^(C|POSIX)$/.test(ctype);
  if (isC) return [last];
  const own = { locale: `LOCALE_PROVIDER libc LC_COLLATE ${literal(collate)} LC_CTYPE ${literal(ctype)}` };
  if (/^C\.utf-?8$/i.test(collate)) return [own, { locale: "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'" }, { ...last, instead: 'C' }];
  const language = /^[a-z]{2,3}(?:_[A-Z]{2})?/.exec(collate)?.[0].replace('_', '-');
  const icu = language === undefined ? [] : [{ locale: `LOCALE_PROVIDER icu ICU_LOCALE ${literal(language)} LOCALE 'C'`, instead: `ICU's ${language}` }];
  return [own, ...icu, { ...last, instead: 'C' }];
}
