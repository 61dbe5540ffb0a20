import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LocalPlatform } from './local-platform.ts';

const members = 2_400;
const events = 260;
const attendancesPerEvent = 110;
const gifts = 14_000;

const givenNames =
  'Aminata Benoît Camille Chantal Daniel Élise Fabrice Germaine Hélène Ismaël Joëlle Karim Léonie Marcel Nadège Olivier Paulette Quentin Rosalie Samuel Thérèse Ulysse Véronique Wilfrid Yolande Zacharie'.split(
    ' ',
  );
const familyNames =
  'Adélaïde Bertrand Charlery Desroches Étienne Florimond Gauthier Horth Isidore Jean-Louis Kessler Laurent Mathurin Nestor Octave Polycarpe Rémy Saint-Clair Tribord Urbain Vernet Zulémaro'.split(
    ' ',
  );
const streets =
  'rue des Flamboyants|avenue de la Liberté|impasse du Marché|route de Montabo|rue Lallouette|allée des Palmistes|chemin de la Crique|boulevard Jubelin'.split(
    '|',
  );
const activities =
  'Réunion mensuelle|Répétition de la chorale|Repas partagé|Atelier informatique|Sortie des jeunes|Conseil|Aide aux devoirs|Collecte alimentaire|Assemblée générale|Cours de guitare'.split(
    '|',
  );
const purposes = ['cotisation', 'don', 'voyage', 'travaux', 'solidarité'];

const schema = `
  CREATE TABLE member (id INTEGER PRIMARY KEY, given_name TEXT NOT NULL, family_name TEXT NOT NULL, email TEXT UNIQUE, street TEXT NOT NULL, born TEXT NOT NULL, joined TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1) STRICT;
  CREATE TABLE event (id INTEGER PRIMARY KEY, title TEXT NOT NULL, starts TEXT NOT NULL, room TEXT NOT NULL, notes TEXT) STRICT;
  CREATE TABLE attendance (event_id INTEGER NOT NULL REFERENCES event (id), member_id INTEGER NOT NULL REFERENCES member (id), arrived TEXT NOT NULL, PRIMARY KEY (event_id, member_id)) STRICT, WITHOUT ROWID;
  CREATE TABLE gift (id INTEGER PRIMARY KEY AUTOINCREMENT, member_id INTEGER NOT NULL REFERENCES member (id), given TEXT NOT NULL, cents INTEGER NOT NULL CHECK (cents > 0), purpose TEXT NOT NULL, receipt BLOB) STRICT;
  CREATE INDEX gift_by_member ON gift (member_id, given);
  CREATE INDEX event_by_start ON event (starts);
  CREATE VIEW yearly_gifts AS SELECT substr(given, 1, 4) AS year, purpose, sum(cents) / 100.0 AS euros FROM gift GROUP BY 1, 2;
  CREATE TRIGGER member_left AFTER UPDATE OF active ON member WHEN new.active = 0 BEGIN UPDATE member SET email = NULL WHERE id = new.id; END;`;

/** Database that `sauvegarde.config.ts` protects as shipped; it is made when it is protected for the first time. */
export const demonstrationFile = 'demonstration.sqlite3';

/**
 * Returns true for the demonstration before it was made. If it was backed up before and is gone, it is a missing source
 * like any other.
 */
export async function isDemonstrationToCome({ catalogue, state }: LocalPlatform, name: string, file: string): Promise<boolean> {
  return file === join(state, demonstrationFile) && !existsSync(file) && (await catalogue.runs.list({ database: name, limit: 1 })).items.length === 0;
}

/**
 * Writes the database of an imaginary association: some 45,000 rows, the same every time. It appears under its name
 * only when it is complete.
 */
export function createDemonstration(file: string): void {
  const aside = `${file}.making`;
  rmSync(aside, { force: true });
  {
    using database = new DatabaseSync(aside);
    database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; ${schema}`);
    fill(database);
    database.exec('COMMIT');
  }
  renameSync(aside, file);
}

function fill(database: DatabaseSync): void {
  const random = numbers(20_261_122);
  const below = (limit: number) => Math.floor(random() * limit);
  const oneOf = (list: string[]) => list[below(list.length)] ?? '';
  const day = (from: number, days: number) => new Date(Date.UTC(from, 0, 1 + below(days))).toISOString().slice(0, 10);

  const member = database.prepare('INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  for (let id = 1; id <= members; id++) {
    const [given, family] = [oneOf(givenNames), oneOf(familyNames)];
    const mail = `${given}.${family}.${id}@example.org`.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
    member.run(id, given, family, mail, `${1 + below(120)} ${oneOf(streets)}`, day(1940, 27_000), day(2012, 5_000), random() < 0.93 ? 1 : 0);
  }
  const event = database.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?)');
  const attendance = database.prepare('INSERT OR IGNORE INTO attendance VALUES (?, ?, ?)');
  for (let id = 1; id <= events; id++) {
    const date = day(2024, 1_050);
    event.run(id, oneOf(activities), `${date} ${8 + below(12)}:00`, `Salle ${1 + below(6)}`, random() < 0.3 ? `Prévoir ${10 + below(80)} chaises.` : null);
    for (let count = 0; count < attendancesPerEvent; count++)
      attendance.run(id, 1 + below(members), `${date} ${String(8 + below(12)).padStart(2, '0')}:${String(below(60)).padStart(2, '0')}`);
  }
  const gift = database.prepare('INSERT INTO gift (member_id, given, cents, purpose, receipt) VALUES (?, ?, ?, ?, ?)');
  for (let count = 0; count < gifts; count++)
    gift.run(
      1 + below(members),
      day(2024, 1_050),
      500 + 100 * below(200),
      oneOf(purposes),
      random() < 0.2 ? Buffer.from(Array.from({ length: 24 }, () => below(256))) : null,
    );
}

/** Makes numbers from 0 to 1 that are the same for the same seed on every machine (mulberry32, public domain). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
