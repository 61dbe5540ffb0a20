import { withoutPlace, wordsOf } from '../failures.ts';
import { accountName, identifier, literal, patternOf } from '../sql-text.ts';
import { reader, restorer, type ScratchDatabase, type Source } from './scratch-database.ts';

/** Rights by which an ordinary user may name others as definers. */
const namingOthers = { mysql: 'SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER', mariadb: 'SET USER' };

/** Rights by which a user who may change nothing can dump the database with all routines. */
const reading = 'SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE';

/** Something that a dump needs, and the statements that make it. */
interface Need {
  what: string;
  statements: string[];
  /** Need that takes its place if it cannot be had. */
  instead?: Need;
}

/**
 * Makes the database as it is at its source, the accounts that it names, and the time zones of its events. Returns what
 * this server cannot hold.
 */
export async function prepare(scratch: ScratchDatabase, source: Source): Promise<string[]> {
  const everything = `${identifier(patternOf(scratch.name))}.*`;
  const [user, whoReads] = [restorer, reader].map((name) => `${literal(name)}@'localhost'`);
  const rights = { mysql: [`${reading} ON ${everything}`, 'SHOW_ROUTINE ON *.*'], mariadb: [`${reading}, SHOW CREATE ROUTINE ON ${everything}`] };
  return await make(scratch, [
    databaseOf(scratch.name, source),
    { what: 'the user who dumps again', statements: rights[scratch.family].map((right) => `GRANT ${right} TO ${whoReads}`) },
    {
      what: 'the user who restores',
      statements: [`GRANT ALL ON ${everything} TO ${user}`, `GRANT ${namingOthers[scratch.family]} ON *.* TO ${user}`],
    },
    // a view can be read only if its definer has the rights; nobody can log in as one
    ...source.definers.filter(isAccount).map((definer) => ({
      what: `the definer ${definer}`,
      statements: [`CREATE USER IF NOT EXISTS ${accountName(definer)} ACCOUNT LOCK`, `GRANT ALL ON ${everything} TO ${accountName(definer)}`],
    })),
    // an event keeps the name of its zone; the zone's clock changes are not part of its definition
    ...source.zones.map((zone, index) => ({
      what: `the time zone ${zone}`,
      statements: [
        `INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (${index + 1}, 'N')`,
        `INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES (${literal(zone)}, ${index + 1})`,
        `INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, \`Offset\`, Is_DST, Abbreviation) VALUES (${index + 1}, 0, 0, 0, 'UTC')`,
      ],
    })),
  ]);
}

/** The database with the source's character set and collation; with the server's own if it lacks them. */
function databaseOf(name: string, { characterSet, collation }: Source): Need {
  const creation = `CREATE DATABASE ${identifier(name)}`;
  return {
    what: `a database with ${characterSet} and ${collation}`,
    statements: [`${creation} CHARACTER SET ${literal(characterSet)} COLLATE ${literal(collation)}`],
    instead: { what: 'the database', statements: [creation] },
  };
}

/** Makes everything that can be had, in one run of the client if nothing fails. Returns why the rest cannot. */
async function make(scratch: ScratchDatabase, needs: Need[]): Promise<string[]> {
  const missing: string[] = [];
  for (let left = needs; left.length > 0; ) {
    const { status, complaint } = await scratch.prepare(left.flatMap(({ statements }) => statements));
    if (status === 0) break;
    const failed = failedOf(left, complaint);
    missing.push(`${failed.what} could not be made: ${wordsOf(withoutPlace(complaint))}`);
    left = [...(failed.instead ? [failed.instead] : []), ...left.slice(left.indexOf(failed) + 1)];
  }
  return missing;
}

/** Finds the need whose statement the client stopped at, by the line at which that begins. */
function failedOf(needs: Need[], complaint: string): Need {
  const line = Number(/^ERROR \d+ \(\w+\) at line (\d+)/m.exec(complaint)?.[1] ?? 1);
  let lines = 0;
  const failed = needs.find(({ statements }) => {
    lines += statements.join('\n').split('\n').length;
    return line <= lines;
  });
  return failed ?? (needs[0] as Need);
}

/** Returns true for an account. MariaDB writes a role as a definer without a host, or with an empty one. */
function isAccount(definer: string): boolean {
  return /^.+@.+$/s.test(definer);
}
