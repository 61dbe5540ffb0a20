import { wordsOf } from '../failures.ts';
import { accountName, identifier, literal } from '../sql-text.ts';
import { reader, restorer, type ScratchDatabase, type Source } from './scratch-database.ts';

/** Rights by which an ordinary user may name others as definers. */
const namingOthers = { mysql: 'SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER', mariadb: 'SET USER' };

/** Rights by which a user who may change nothing can dump the database with all routines. */
const reading = 'SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE';

/**
 * Makes the database as it is at its source, the accounts that it names, and the time zones of its events. Returns what
 * this server cannot hold.
 */
export async function prepare(scratch: ScratchDatabase, source: Source): Promise<string[]> {
  const missing = await createDatabase(scratch, source);
  const attempt = async (what: string, statements: string[]) => {
    missing.push(...(await attempted(scratch, what, statements)));
  };
  const everything = `${identifier(patternOf(scratch.name))}.*`;
  const [user, whoReads] = [restorer, reader].map((name) => `${literal(name)}@'localhost'`);
  const rights = { mysql: [`${reading} ON ${everything}`, 'SHOW_ROUTINE ON *.*'], mariadb: [`${reading}, SHOW CREATE ROUTINE ON ${everything}`] };
  await attempt(
    'the user who dumps again',
    rights[scratch.family].map((right) => `GRANT ${right} TO ${whoReads}`),
  );
  await attempt('the user who restores', [`GRANT ALL ON ${everything} TO ${user}`, `GRANT ${namingOthers[scratch.family]} ON *.* TO ${user}`]);
  // a view can be read only if its definer has the rights; nobody can log in as one
  for (const definer of source.definers.filter(isAccount))
    await attempt(`the definer ${definer}`, [
      `CREATE USER IF NOT EXISTS ${accountName(definer)} ACCOUNT LOCK`,
      `GRANT ALL ON ${everything} TO ${accountName(definer)}`,
    ]);
  // an event keeps the name of its zone; the zone's clock changes are not part of its definition
  for (const [index, zone] of source.zones.entries())
    await attempt(`the time zone ${zone}`, [
      `INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (${index + 1}, 'N')`,
      `INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES (${literal(zone)}, ${index + 1})`,
      `INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, \`Offset\`, Is_DST, Abbreviation) VALUES (${index + 1}, 0, 0, 0, 'UTC')`,
    ]);
  return missing;
}

/**
 * Makes the database with the source's character set and collation. If the server lacks them, uses its own and returns
 * that as missing.
 */
export async function createDatabase(scratch: ScratchDatabase, { characterSet, collation }: Source): Promise<string[]> {
  const creation = `CREATE DATABASE ${identifier(scratch.name)}`;
  const missing = await attempted(scratch, `a database with ${characterSet} and ${collation}`, [
    `${creation} CHARACTER SET ${literal(characterSet)} COLLATE ${literal(collation)}`,
  ]);
  if (missing.length > 0) await attempted(scratch, 'the database', [creation]);
  return missing;
}

async function attempted(scratch: ScratchDatabase, what: string, statements: string[]): Promise<string[]> {
  const { status, complaint } = await scratch.prepare(statements);
  return status === 0 ? [] : [`${what} could not be made: ${wordsOf(complaint)}`];
}

/** Returns true for an account. MariaDB writes a role as a definer without a host, or with an empty one. */
function isAccount(definer: string): boolean {
  return /^.+@.+$/s.test(definer);
}

/** Escapes a name for a grant on a database, where `_` and `%` would be wildcards. */
function patternOf(name: string): string {
  return name.replace(/[_%\\]/g, '\\$&');
}
