import { SourceUnreadableError } from '../../../errors.ts';
import { everyRow, type Session } from '../connect/session.ts';
import type { Family } from '../family.ts';
import { identifier } from '../sql-text.ts';

/**
 * Options that begin mysqldump's session like ours, whatever the server's settings and its init_connect are: no row and
 * no table is left out, nothing is refused for its size, and a primary key that the server made itself is a column like
 * others. mariadb-dump has no such option.
 */
export const beginning: Record<Family, string[]> = {
  mysql: [
    `--init-command=SET NAMES utf8mb4, SESSION sql_select_limit = ${everyRow}, SESSION sql_big_selects = 1 /*!50708 , SESSION max_execution_time = 0 */ /*!80030 , SESSION show_gipk_in_create_table_and_information_schema = ON */`,
  ],
  mariadb: [],
};

/** Asks for the moment of which rows are read; `DEFAULT` is now. MariaDB before 10.3 keeps no other rows. */
const moment = "SHOW SESSION VARIABLES LIKE 'system_versioning_asof'";
const given = "SELECT JSON_ARRAY(@given_limit = 18446744073709551615, COALESCE(@given_client, '') = 'utf8mb4' AND COALESCE(@given_results, '') = 'utf8mb4')";

/**
 * Throws SourceUnreadableError with the settings under which mariadb-dump would leave out rows, tables or columns, or
 * spoil names, and still succeed.
 */
export async function refuseCutting(session: Session, family: Family): Promise<void> {
  if (family === 'mysql') return;
  const [isUnlimited, isUtf8] = await session.json<[unknown, unknown]>(given);
  const isNow = (await session.ask(moment)).every((line) => line.endsWith('\tDEFAULT'));
  const wrong = [
    ...(isUnlimited ? [] : ['sql_select_limit cuts every answer short']),
    ...(isUtf8 ? [] : ['init_connect gives the session another character set']),
    ...(isNow ? [] : ['system_versioning_asof hides the rows of now']),
  ];
  if (wrong.length > 0)
    throw new SourceUnreadableError(
      `mariadb-dump would silently leave out a part of the database: ${wrong.join('; ')}. Undo the setting on the server, or back up as a user whom it does not affect (with CONNECTION ADMIN, init_connect does not run)`,
    );
}

const generatedAlone = `SELECT JSON_QUOTE(TABLE_NAME) FROM information_schema.COLUMNS JOIN information_schema.TABLES USING (TABLE_SCHEMA, TABLE_NAME)
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' GROUP BY TABLE_NAME HAVING MIN(EXTRA LIKE '%GENERATED' AND GENERATION_EXPRESSION <> '') = 1`;

/** Lists the tables at whose rows mysqldump would end: it names the columns to insert, and would name none. */
export async function rowlessTables(session: Session, family: Family): Promise<string[]> {
  if (family === 'mariadb') return [];
  const rowless: string[] = [];
  for (const table of await session.rows<string>(generatedAlone))
    if ((await session.json<number>(`SELECT EXISTS (SELECT 1 FROM ${identifier(table)})`)) === 1) rowless.push(table);
  return rowless;
}
