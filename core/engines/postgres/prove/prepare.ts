import { labelOf } from '../encodings.ts';
import { linesOf, textOf } from '../restore/run-script.ts';
import { copiedTable, PlainDump } from '../script/plain-dump.ts';
import { identifier } from '../sql-text.ts';
import { makeDatabase } from './make-database.ts';
import type { ProofContext } from './proof-context.ts';
import { restorer, superuser } from './scratch-database.ts';
import { createsWrapper } from './statement-filter.ts';

/** Something that a dump needs, and the statements that make it. */
type Need = [what: string, statements: string[]];

/**
 * Makes the source's locale, settings, roles, extensions and foreign data wrappers: everything that takes a superuser
 * and must precede the dump's own code. Makes all of it at once, and one by one only if that fails. Returns what this
 * server cannot hold; `unlike` receives what it has otherwise.
 */
export async function prepare(
  { scratch, open, expected: { source, objects } }: Pick<ProofContext, 'scratch' | 'open' | 'expected'>,
  unlike: (difference: string) => void,
): Promise<string[]> {
  await makeDatabase(scratch, source, unlike);
  const wrappers = objects['FOREIGN DATA WRAPPER'] ? await wrappersOf(open()) : [];
  const needs = needsOf(source, wrappers);
  const complaintAbout = async (statements: string[]) => {
    const { failed, complaint } = await scratch.run(inEncodingOf(source, statements), { user: superuser, whole: true });
    return failed ? complaint.replace(/^WARNING: .*\n/gm, '') : ''; // a setting of the database may name an object that is not there yet
  };
  if (needs.length === 0 || (await complaintAbout(needs.flatMap(([, statements]) => statements))) === '') return [];
  const missing: string[] = [];
  for (const [what, statements] of needs) {
    const complaint = await complaintAbout(statements);
    if (complaint !== '') missing.push(`${what} could not be made: ${linesOf(complaint)[0]}`);
  }
  return missing;
}

function needsOf(source: ProofContext['expected']['source'], wrappers: string[]): Need[] {
  const { roles = [], dataRoles = [], extensions = [], schemas = [] } = source ?? {};
  const schema = (name: string) => `CREATE SCHEMA IF NOT EXISTS ${identifier(name)} AUTHORIZATION ${restorer};`;
  return [
    // a role's name is bytes: they equal the source's only where the encoding does
    ...[...new Set([...roles, ...dataRoles])].map((role): Need => [`role ${role}`, [`CREATE ROLE ${identifier(role)};`]]),
    ...extensions.map(
      ({ name, schema: into }): Need => [
        `extension ${name}`,
        [...(into === 'pg_catalog' ? [] : [schema(into)]), `CREATE EXTENSION ${identifier(name)} SCHEMA ${identifier(into)} CASCADE;`],
      ],
    ),
    ...(extensions.length > 0 ? [withoutDblink, rowRights] : []),
    ...schemas.map((name): Need => [`schema ${name}`, [schema(name)]]),
    ...wrappers.map((statement): Need => ['a foreign data wrapper', [statement]]),
    ...(extensions.length + wrappers.length > 0 ? [wrapperRights] : []),
  ];
}

/** Only dblink's functions open connections without a user mapping. Grants on them in the dump run at the end. */
const withoutDblink: Need = [
  'the ban on dblink',
  [
    `DO $$ DECLARE of regprocedure; BEGIN FOR of IN SELECT d.objid FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid WHERE x.extname = 'dblink' AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass LOOP EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', of); END LOOP; END $$;`,
  ],
];

/**
 * Rows that an extension keeps in tables of its own belong to the superuser who made it. A membership changes none of
 * the grants that are compared, and allows nothing in the system's catalogues.
 */
const rowRights: Need = ["the right to load extensions' rows", [`GRANT pg_write_all_data TO ${restorer};`]];

const wrapperRights: Need = [
  'the right to use foreign data wrappers',
  [
    `DO $$ DECLARE wrapper name; BEGIN FOR wrapper IN SELECT fdwname FROM pg_foreign_data_wrapper LOOP EXECUTE format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO ${restorer}', wrapper); END LOOP; END $$;`,
  ],
];

/** Makes a script of statements. Names of a database whose encoding Node cannot decode are its bytes. */
function inEncodingOf(source: ProofContext['expected']['source'], statements: string[]): AsyncIterable<Uint8Array> {
  const isText = labelOf(source?.encoding ?? 'UTF8') !== undefined;
  const beginning = [`SET client_encoding = '${isText ? 'UTF8' : 'SQL_ASCII'}';`, 'SET client_min_messages = error;'];
  return textOf([...beginning, ...statements], isText ? 'utf8' : 'latin1');
}

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
