import { describe, expect, it } from 'vitest';
import type { IncidentKind } from '../../../core/catalogue/incidents.ts';
import { errorNames } from '../../../core/errors.ts';
import { messagesIn } from '../../../core/mail/messages/languages.ts';
import { backupOf, incidentOf } from '../../support/records.ts';

const languages = ['en', 'fr'] as const;
const kinds = [
  'backup-failed',
  'proof-failed',
  'rotation-failed',
  'backup-refuted',
  'backup-missing',
  'copy-behind',
  'sweep-failed',
] as const satisfies IncidentKind[];
const zone = 'America/Cayenne'; // three hours behind UTC, all year
const now = new Date('2026-11-24T08:00:00Z');
const incident = incidentOf('2026-11-22T05:00:00Z', { count: 3 });
const lastGood = backupOf('2026-11-21T05:00:00Z', { size: 12_345_678 });

/** A text with the spaces that typography puts in made plain. */
function plain(text: string): string {
  return text.replace(/[\u00a0\u202f]/g, ' ');
}

describe('the alert', () => {
  it.each([
    [
      'en',
      {
        subject: '[Sauvegarde] main: the backup failed',
        facts: ['there is no file /srv/app.sqlite3', 'SourceMissingError', 'main-20261122_020000Z'],
        since: ['Sunday', '22 November 2026 at 02:00 (America/Cayenne)', '3 times'],
        lastGood: ['main-20261121_050000Z', '3 days 3 hours old', '12.3 MB'],
        advice: 'Check the path of the database',
      },
    ],
    [
      'fr',
      {
        subject: '[Sauvegarde] main : la sauvegarde a échoué',
        facts: ["n'est pas à l'endroit indiqué", "Message d'origine : « there is no file /srv/app.sqlite3 »", 'SourceMissingError', 'main-20261122_020000Z'],
        since: ['dimanche 22 novembre 2026 à 02:00 (America/Cayenne)', '3 fois'],
        lastGood: ['main-20261121_050000Z', 'âgée de 3 jours 3 heures', '12,3 Mo'],
        advice: 'Vérifiez le chemin de la base',
      },
    ],
  ] as const)('says in %s what happened, since when, the last good backup and its age, and what to try', (language, expected) => {
    const { subject, text } = messagesIn(language).alert(incident, lastGood, now, zone);
    expect(plain(subject)).toBe(expected.subject);
    for (const part of [...expected.facts, ...expected.since, ...expected.lastGood, expected.advice]) expect(plain(text)).toContain(part);
  });

  it.each([
    ['en', 'no backup that can be restored'],
    ['fr', 'aucune sauvegarde restaurable'],
  ] as const)('says in %s when there is no good backup at all', (language, words) => {
    expect(messagesIn(language).alert(incident, undefined, now, zone).text).toContain(words);
    expect(messagesIn(language).alert(incident, lastGood, now, zone).text).not.toContain(words);
  });

  it.each([
    ['en', '[Sauvegarde] vault: the clean-up failed', 'The vault: the clean-up failed.', 'The vault: the clean-up works again.', /database|Last good/i],
    [
      'fr',
      '[Sauvegarde] coffre : le nettoyage a échoué',
      'Coffre : le nettoyage a échoué.',
      'Coffre : le nettoyage fonctionne de nouveau.',
      /Base |Dernière bonne/,
    ],
  ] as const)('says in %s what is wrong with the vault, and nothing of a database', (language, title, first, over, ofDatabases) => {
    const ofVault = incidentOf('2026-11-22T05:00:00Z', { kind: 'sweep-failed' });
    const { subject, text } = messagesIn(language).alert(ofVault, undefined, now, zone);
    expect(plain(subject)).toBe(title);
    expect(plain(text).split('\n')[0]).toBe(first);
    const letter = messagesIn(language).over({ ...ofVault, endedAt: now.toISOString() }, zone);
    expect(plain(letter.text).split('\n')[0]).toBe(over);
    expect(plain(letter.text)).not.toMatch(ofDatabases);
    expect(text.replace(messagesIn(language).meaning.SourceMissingError, '').replace(messagesIn(language).advice.SourceMissingError, '')).not.toMatch(
      ofDatabases,
    );
  });

  it.each([
    ['en', ' times'],
    ['fr', ' fois jusqu'],
  ] as const)('does not count in %s what happened once', (language, words) => {
    expect(messagesIn(language).alert({ ...incident, count: 1 }, lastGood, now, zone).text).not.toContain(words);
  });

  it.each(languages)('tells the kinds of incident apart in %s', (language) => {
    const subjects = kinds.map((kind) => messagesIn(language).alert({ ...incident, kind }, lastGood, now, zone).subject);
    expect(new Set(subjects).size).toBe(kinds.length);
    for (const subject of subjects) expect(subject).not.toContain('undefined');
  });

  it.each(languages.flatMap((language) => errorNames.map((name) => [language, name] as const)))(
    'says in %s what a %s means and what to try',
    (language, name) => {
      const failed = { ...incident, last: { ...incident.last, error: { name, message: 'it went wrong' } } };
      const { advice, meaning } = messagesIn(language);
      const { text } = messagesIn(language).alert(failed, lastGood, now, zone);
      for (const sentence of [advice[name], meaning[name]]) {
        expect(sentence.length).toBeGreaterThan(10);
        expect(text).toContain(sentence);
      }
      expect(text).toContain('it went wrong');
    },
  );

  it.each(['States.Timeout', 'toString', 'TypeError'])('has an advice for %s, which is none of our errors', (name) => {
    const failed = { ...incident, last: { ...incident.last, error: { name, message: 'it went wrong' } } };
    for (const language of languages)
      expect(messagesIn(language).alert(failed, lastGood, now, zone).text).toContain(messagesIn(language).advice.UnexpectedError);
  });

  it.each([
    ['2026-11-24T07:59:40Z', '0 minutes old'],
    ['2026-11-24T07:59:00Z', '1 minute old'],
    ['2026-11-24T07:00:20Z', '1 hour old'],
    ['2026-11-24T06:29:00Z', '1 hour 31 minutes old'],
    ['2026-11-23T08:00:00Z', '1 day old'],
    ['2026-11-23T07:59:00Z', '1 day old'],
    ['2026-10-23T20:00:00Z', '31 days 12 hours old'],
    ['2026-11-24T09:00:00Z', '0 minutes old'], // a clock that was set back
  ])('gives the age of a backup of %s as %s', (slot, age) => {
    expect(messagesIn('en').alert(incident, backupOf(slot), now, zone).text).toContain(`, ${age},`);
  });

  it.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [1000, '1 kB'],
    [1_234_567, '1.23 MB'],
    [5_000_000_000, '5 GB'],
    [3_210_000_000_000_000, '3,210 TB'],
  ])('gives a size of %i bytes as %s', (size, words) => {
    expect(messagesIn('en').alert(incident, backupOf('2026-11-21T05:00:00Z', { size }), now, zone).text).toContain(` old, ${words}`);
  });
});

describe('the all-clear', () => {
  const ended = { ...incident, endedAt: '2026-11-24T05:00:00.000Z' };

  it.each([
    [
      'en',
      '[Sauvegarde] main: resolved: backups work again',
      ['Database main: backups work again.', 'the backup failed', 'Sunday', '22 November 2026 at 02:00', 'Tuesday', '24 November 2026 at 02:00'],
    ],
    [
      'fr',
      '[Sauvegarde] main : incident clos : la sauvegarde fonctionne de nouveau',
      ['Base main : la sauvegarde fonctionne de nouveau.', 'la sauvegarde a échoué', 'dimanche 22 novembre 2026 à 02:00', 'mardi 24 novembre 2026 à 02:00'],
    ],
  ] as const)('says in %s what is over, and from when to when it lasted', (language, subject, parts) => {
    const letter = messagesIn(language).over(ended, zone);
    expect(plain(letter.subject)).toBe(subject);
    for (const part of [...parts, 'there is no file /srv/app.sqlite3']) expect(plain(letter.text)).toContain(part);
  });
});
