import { linesOf, textOf } from '../restore/run-script.ts';
import { copiedTable, PlainDump } from '../script/plain-dump.ts';
import { identifier } from '../sql-text.ts';
import { makeDatabase } from './make-database.ts';
import type { ProofContext } from './proof-context.ts';
import { restorer, superuser } from './scratch-database.ts';
import { createsWrapper } from './statement-filter.ts';

/**
 * Makes the database with the source's encoding, roles, extensions and foreign data wrappers: everything that takes a
 * superuser and must precede the dump's own code. Returns what this server cannot hold; `unlike` receives what it has
 * otherwise.
 */
export async function prepare(
  { scratch, open, expected: { source, objects } }: Pick<ProofContext, 'scratch' | 'open' | 'expected'>,
  unlike: (difference: string) => void,
): Promise<string[]> {
  const missing: string[] = [];
  const attempt = async (what: string, statements: string[], into?: string) => {
    const { complaint } = await scratch.run(textOf([utf8, ...statements]), { user: superuser, whole: into === undefined, ...(into && { into }) });
    if (complaint !== '') missing.push(`${what} could not be made: ${linesOf(complaint)[0]}`);
  };
  await attempt('the role that restores', [`CREATE ROLE ${restorer} LOGIN BYPASSRLS;`], 'postgres');
  missing.push(...(await makeDatabase(scratch, source, unlike)));
  // a role's name is bytes: they equal the source's only where the encoding does
  for (const role of new Set([...(source?.roles ?? []), ...(source?.dataRoles ?? [])])) await attempt(`role ${role}`, [`CREATE ROLE ${identifier(role)};`]);
  for (const { name, schema } of source?.extensions ?? [])
    await attempt(`extension ${name}`, [
      ...(schema === 'pg_catalog' ? [] : [`CREATE SCHEMA IF NOT EXISTS ${identifier(schema)} AUTHORIZATION ${restorer};`]),
      `CREATE EXTENSION ${identifier(name)} SCHEMA ${identifier(schema)} CASCADE;`,
    ]);
  await attempt('the ban on dblink', [
    // only its functions open connections without a user mapping; grants on them in the dump run at the end
    `DO $$ DECLARE of regprocedure; BEGIN FOR of IN SELECT d.objid FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid WHERE x.extname = 'dblink' AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass LOOP EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', of); END LOOP; END $$;`,
  ]);
  for (const schema of source?.schemas ?? [])
    await attempt(`schema ${schema}`, [`CREATE SCHEMA IF NOT EXISTS ${identifier(schema)} AUTHORIZATION ${restorer};`]);
  if (objects['FOREIGN DATA WRAPPER']) for (const statement of await wrappersOf(open())) await attempt('a foreign data wrapper', [statement]);
  await attempt('the right to use foreign data wrappers', [
    `DO $$ DECLARE wrapper name; BEGIN FOR wrapper IN SELECT fdwname FROM pg_foreign_data_wrapper LOOP EXECUTE format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO ${restorer}', wrapper); END LOOP; END $$;`,
  ]);
  return missing;
}

const utf8 = "SET client_encoding = 'UTF8'; SET client_min_messages = error;";

/** Finds the dump's statements that make wrappers; they come before the first rows. */
async function wrappersOf(dump: AsyncIterable<Uint8Array>): Promise<string[]> {
  const found: string[] = [];
  let isOver = false;
  const reader: PlainDump = new PlainDump({
    line: () => undefined,
    statement(text) {
      if (copiedTable(text) !== undefined) isOver = true;
      else if (createsWrapper.test(text.toString('latin1', 0, 40))) found.push(reader.textOf(text));
    },
    data: () => undefined,
    endOfData: () => undefined,
  });
  for await (const chunk of dump) {
    reader.write(chunk);
    if (isOver) break;
  }
  return found;
}
