import type { Database } from '../../../config/config.ts';
import { ToolFailedError } from '../../../errors.ts';
import type { Work } from '../../engine.ts';
import { unscheduled } from '../../rehearsal.ts';
import { mysqlCard } from '../card.ts';
import { Access } from '../connect/access.ts';
import { connectionOf } from '../connect/connection.ts';
import { openSession } from '../connect/open-session.ts';
import { inventoryOf } from '../dump/inventory.ts';
import { runScript, textOf } from '../restore/run-script.ts';
import { identifier, literal } from '../sql-text.ts';

/**
 * Drops everything but these tables, with their triggers and the sequences that their columns count by, from the
 * database at this address, which is our own.
 */
export async function narrow(address: string, tables: readonly string[], work: Work): Promise<Database> {
  await using access = await Access.open(connectionOf(address), work.scratch);
  const { family, session } = await openSession(access, work);
  const ask = async () => {
    const all = await inventoryOf(session);
    return { ...all, defaults: all.sequences.length === 0 ? [] : await session.json<string[]>(defaultsOf(tables)) };
  };
  const there = await ask().finally(() => session[Symbol.asyncDispose]());
  const dropped = [
    ...there.views.map((name) => ['VIEW', name]),
    ...there.events.map((name) => ['EVENT', name]),
    ...there.routines.filter(({ kind }) => kind !== 'PACKAGE BODY').map(({ kind, name }) => [kind, name]),
    ...there.sequences.filter((name) => !there.defaults.some((text) => text.includes(identifier(name)))).map((name) => ['SEQUENCE', name]),
    ...there.tables.filter(({ name }) => !tables.includes(name)).map(({ name }) => ['TABLE', name]),
  ];
  const statements = ['SET foreign_key_checks = 0', ...dropped.map(([kind, name = '']) => `DROP ${kind} IF EXISTS ${identifier(name)}`)];
  const { status, complaint } = await runScript(work, textOf(statements), { family, access, database: access.connection.database });
  if (status !== 0) throw new ToolFailedError(`the other tables could not be removed from the copy: ${complaint}`);
  return { ...mysqlCard.database.parse({ engine: 'mysql', connection: { url: address } }), ...unscheduled };
}

/** Asks for the defaults of columns that count by a sequence, as the server writes them. */
function defaultsOf(tables: readonly string[]): string {
  const names = tables.map(literal).join(', ');
  return `SELECT COALESCE(JSON_ARRAYAGG(COLUMN_DEFAULT), JSON_ARRAY()) FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND COLUMN_DEFAULT LIKE 'nextval(%' AND TABLE_NAME IN (${names})`;
}
