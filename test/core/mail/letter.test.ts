import { describe, expect, it } from 'vitest';
import { watchedKinds } from '../../../core/catalogue/incidents.ts';
import { messagesIn } from '../../../core/mail/messages/languages.ts';
import { letterOf } from '../../../core/mail/messages/letter.ts';
import { mime } from '../../../core/mail/mime.ts';
import { decoded, htmlIn } from '../../support/mail.ts';
import { backupOf, incidentOf } from '../../support/records.ts';

const languages = ['en', 'fr'] as const;
const now = new Date('2026-11-24T08:00:00Z');
const zone = 'America/Cayenne';

/** Details with every figure that a finding of watch can have. */
const details = {
  slot: '2026-11-22T05:00:00.000Z',
  since: '2026-11-22T05:00:00.000Z',
  at: '2026-11-22T05:00:00.000Z',
  backup: 'main-20261122_050000Z',
  before: 'main-20261121_050000Z',
  addresses: 'admin@example.org',
  because: 'smaller',
  bound: 5e6,
  bytes: 2e6,
  tables: 'member, event',
  more: 2,
  field: 'size',
  record: '7',
  truth: '53',
  source: 'manifest',
  count: 4,
  name: 'PostgreSQL',
  version: '19.1',
  programs: '18',
  what: 'proof',
  is: 800,
  most: 900,
  stored: 60e9,
  budget: 50e9,
  free: 1e6,
  night: 2e9,
  reason: 'no route to host',
};

/** The words of a mail's HTML, as a person reads them. */
function wordsOf(html: string): string {
  const body = html.slice(html.indexOf('<body'));
  const text = body
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
  return text.replace(/[\s\u00a0\u202f]+/g, ' ');
}
const plain = (text: string) => text.replace(/[\s\u00a0\u202f]+/g, ' ');

describe.each(languages)('a mail in %s', (language) => {
  const { alert, over } = messagesIn(language);
  const incident = incidentOf('2026-11-22T05:00:00Z', { count: 3 });

  it('says the same in HTML as in plain text', () => {
    for (const { html, text } of [alert(incident, backupOf('2026-11-21T05:00:00Z'), now, zone), over({ ...incident, endedAt: now.toISOString() }, zone)]) {
      const words = wordsOf(html).toLowerCase();
      for (const line of text.split('\n').filter((each) => each !== '')) {
        const fact = plain(line.replace(/ ?:$/, '').trim()).toLowerCase();
        expect(words).toContain(fact);
      }
    }
  });

  it('fetches nothing, runs nothing, and names its language', () => {
    const { html } = alert(incident, undefined, now, zone);
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).not.toMatch(/<(script|img|link|iframe|form|a)\b|https?:|url\(|@import/i);
  });

  it('shows what a database calls its tables, and runs none of it', () => {
    const hostile = '<img src=x onerror=alert(1)>"\'&';
    const { html } = alert({ ...incident, database: 'main', last: { ...incident.last, error: { name: 'X', message: hostile } } }, undefined, now, zone);
    expect(html).not.toContain('<img');
    expect(wordsOf(html)).toContain(hostile);
  });

  it.each(watchedKinds)('about %s has its message, its remedy and its end, with every figure', (kind) => {
    const found = incidentOf('2026-11-22T05:00:00Z', { kind, last: { ...incident.last, details } });
    const { remedy, resolved, title } = messagesIn(language).watched[kind];
    const { subject, text } = alert(found, backupOf('2026-11-21T05:00:00Z'), now, zone);
    expect(subject).toContain(title);
    expect(text).toContain(remedy);
    expect(text).not.toMatch(/undefined|NaN|Invalid Date|\[object/);
    const end = over({ ...found, endedAt: now.toISOString() }, zone);
    expect(end.subject).toContain(resolved);
    expect(end.text).not.toMatch(/undefined|NaN|Invalid Date|\[object/);
  });

  it('carries both forms', async () => {
    const letter = alert(incident, undefined, now, zone);
    const mail = (await mime({ from: 'a@example.org', to: ['b@example.org'], ...letter })).toString();
    expect(decoded(mail)).toContain(letter.text.trim());
    expect(htmlIn(mail)?.replaceAll('\r\n', '\n').trim()).toBe(letter.html.trim());
  });
});

it('has French spaces that break no line, and capitals only where a sentence begins', () => {
  const facts = [
    { label: 'Que faire', paragraphs: ['cherchez « ici » : vite ?'] },
    { label: 'Dernière', paragraphs: ['main-20261122_050000Z, âgée'] },
  ];
  const { html } = letterOf({ language: 'fr', tone: 'alarm', subject: 's', title: 't', facts });
  expect(html).toContain('Cherchez «\u00a0ici\u00a0»\u00a0: vite\u00a0?');
  expect(html).toContain('>main-20261122_050000Z, âgée<');
});
