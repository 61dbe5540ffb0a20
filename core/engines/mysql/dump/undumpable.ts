import { SourceUnreadableError } from '../../../errors.ts';
import type { Session } from '../connect/session.ts';
import type { Family } from '../family.ts';
import { identifier } from '../sql-text.ts';
import { refuseCutting } from './tool-settings.ts';

/**
 * Events with `;;`. Both tools look for a delimiter that an event does not contain, and never find one if it has `;;`
 * (create_delimiter in mysqldump.cc; mariadb-dump's is the same).
 */
const endless = `SELECT JSON_QUOTE(EVENT_NAME) FROM information_schema.EVENTS
  WHERE EVENT_SCHEMA = DATABASE() AND INSTR(CONCAT_WS(' ', EVENT_NAME, DEFINER, EVENT_DEFINITION, EVENT_COMMENT), ';;') > 0`;

const generatedAlone = `SELECT JSON_QUOTE(TABLE_NAME) FROM information_schema.COLUMNS JOIN information_schema.TABLES USING (TABLE_SCHEMA, TABLE_NAME)
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' GROUP BY TABLE_NAME HAVING MIN(EXTRA LIKE '%GENERATED' AND GENERATION_EXPRESSION <> '') = 1`;

/** Throws SourceUnreadableError with the first object that the family's tool cannot dump. */
export async function refuseUndumpable(session: Session, family: Family): Promise<void> {
  await refuseCutting(session, family);
  const [event] = await session.rows<string>(endless);
  if (event !== undefined)
    throw new SourceUnreadableError(
      `the event ${event} has ";;" in its definition, because of which the dump tool never ends; write it with one ";" or with a space between`,
    );
  if (family === 'mariadb') return;
  for (const table of await session.rows<string>(generatedAlone)) {
    if ((await session.json<number>(`SELECT EXISTS (SELECT 1 FROM ${identifier(table)})`)) === 1)
      throw new SourceUnreadableError(
        `the table ${table} has only generated columns, for which mysqldump writes no rows; give it another column, or remove its rows`,
      );
  }
}
