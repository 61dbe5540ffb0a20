import type { Scan } from '../../../documents/scan.ts';
import { settingOf } from '../dump/database-settings.ts';
import { linesOf, textOf } from '../restore/run-script.ts';
import { identifier, literal } from '../sql-text.ts';
import { located, restorer, type ScratchDatabase, superuser } from './scratch-database.ts';

/** Returns true if the source orders text by another locale than the scratch cluster's. */
export function hasLocale(source: Scan['source']): boolean {
  return localesFor(source).length > 1;
}

/** Returns the locale of PostgreSQL's own that the source has, or that classifies letters as its C.UTF-8 does. */
export function builtinOf(source: Scan['source']): string | undefined {
  const { provider, collate, ctype, name } = source?.locale ?? { provider: 'c', collate: 'C', ctype: 'C', name: null };
  if (provider === 'b') return ownLocales.find((each) => each === name);
  return provider === 'c' && /^(C|POSIX|C\.utf-?8)$/i.test(collate) && /^C\.utf-?8$/i.test(ctype) ? 'C.UTF-8' : undefined;
}

const ownLocales = ['C', 'C.UTF-8', 'PG_UNICODE_FAST'];

/**
 * Makes a database with the source's locale, if the cluster's is another, and gives it the source's settings. `unlike`
 * receives what could not be had.
 */
export async function makeDatabase(scratch: ScratchDatabase, source: Scan['source'], unlike: (difference: string) => void): Promise<void> {
  const run = (statement: string) => scratch.run(textOf(['SET client_min_messages = error;', statement]), { user: superuser, whole: false });
  for (const { locale, instead } of hasLocale(source) ? localesFor(source) : []) {
    const made =
      locale !== plain &&
      (await run(`CREATE DATABASE ${located} OWNER ${restorer} TEMPLATE template0 ENCODING ${literal(source?.encoding ?? 'UTF8')} ${locale};`));
    if (made && made.complaint !== '') continue;
    if (made) scratch.name = located;
    if (instead) unlike(`locale ${source?.locale?.collate} could not be had; text was compared in the order of ${instead}`);
    break;
  }
  for (const { name, value } of (source?.settings ?? []).map(settingOf)) {
    const { complaint } = await run(`ALTER DATABASE ${scratch.name} SET ${identifier(name)} TO ${literal(value)};`);
    // a session also warns, as it begins, of an earlier setting whose object the dump has yet to bring
    const refusal = linesOf(complaint).find((line) => /\b(?:error|fatal|panic):/i.test(line));
    if (refusal !== undefined) unlike(`the setting ${name} could not be had: ${refusal}`);
  }
}

const plain = "LOCALE_PROVIDER libc LOCALE 'C'";

/** Lists locales by how near they come to the source's, the nearest first. */
function localesFor(source: Scan['source']): { locale: string; instead?: string }[] {
  const { provider, collate, ctype, name, rules } = source?.locale ?? { provider: 'c', collate: 'C', ctype: 'C', name: null, rules: null };
  const last = { locale: plain };
  if (provider === 'i' && name !== null) {
    const own = rules ? ` ICU_RULES ${literal(rules)}` : '';
    return [{ locale: `LOCALE_PROVIDER icu ICU_LOCALE ${literal(name)}${own} LOCALE 'C'` }, { ...last, instead: 'C' }];
  }
  // these order text by its bytes, as C does
  if (provider === 'b' || /^(C|POSIX|C\.utf-?8)$/i.test(collate)) return [last];
  const own = { locale: `LOCALE_PROVIDER libc LC_COLLATE ${literal(collate)} LC_CTYPE ${literal(ctype)}` };
  const language = /^[a-z]{2,3}(?:_[A-Z]{2})?/.exec(collate)?.[0].replace('_', '-');
  const icu = language === undefined ? [] : [{ locale: `LOCALE_PROVIDER icu ICU_LOCALE ${literal(language)} LOCALE 'C'`, instead: `ICU's ${language}` }];
  return [own, ...icu, { ...last, instead: 'C' }];
}
