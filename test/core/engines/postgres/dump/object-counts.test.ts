import { describe, expect, it } from 'vitest';
import { PostgresScanner } from '../../../../../core/engines/postgres/script/scanner.ts';
import { plainDump } from '../../../../support/postgres-dump.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { identifier, newRole, postgresDump, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart, serverVersions } from '../../../../support/programs.ts';

/** Names that look like pieces of the comments in which pg_dump tells the kinds of objects. */
const misleading = ['x; Type: VIEW; Schema: -; Owner: y', 'two\n-- Name: v; Type: VIEW; Schema: public; Owner: o', 'a; Type: ; Schema: '];

/** Two tables, a view and an index in a schema, everything of one owner; a view that pg_dump has to make twice. */
const sample = (owner: string, name: string) => {
  const [o, n] = [identifier(owner), identifier(name)];
  return `CREATE SCHEMA ${n} AUTHORIZATION ${o}; SET search_path = ${n}; SET ROLE ${o};
    CREATE TABLE ${n} (id integer PRIMARY KEY, ${identifier(`${name}c`)} text); CREATE UNLOGGED TABLE t (id integer); CREATE VIEW v AS SELECT 1 AS ${n};
    CREATE VIEW twice AS SELECT * FROM ${n} GROUP BY id; CREATE UNIQUE INDEX i ON t (id); COMMENT ON TABLE t IS 'CREATE VIEW public.x AS SELECT 1;';
    CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '
CREATE VIEW public.x AS SELECT 1;
' $$; RESET ROLE;`;
};

/** Each of these databases is of all the names. */
const times = (counts: Record<string, number>) => Object.fromEntries(Object.entries(counts).map(([kind, count]) => [kind, count * misleading.length]));
const expected = { SCHEMA: 1, TABLE: 2, VIEW: 2, INDEX: 1, FUNCTION: 1 };

function objectsIn(dump: Buffer): Record<string, number> {
  const scanner = new PostgresScanner();
  scanner.write(dump);
  return scanner.end().objects;
}

describe.each(serverVersions)('the objects in a dump of PostgreSQL %i are counted', (version) => {
  it(`although roles, schemas, tables and columns are called like ${misleading.map((name) => JSON.stringify(name)).join(', ')}`, {
    timeout: coldStart,
  }, async () => {
    const server = await postgresServer(version);
    const owners: string[] = [];
    for (const name of misleading) owners.push(await newRole(server, { name: `${name.slice(0, 50)} ${version}${Math.floor(Math.random() * 1e6)}`.slice(-63) }));
    const database = await newDatabase(server);
    await query(server, misleading.map((name, index) => sample(owners[index] as string, name)).join('\n'), { database });
    expect((await postgresDump(urlOf(server, database))).scan.objects).toEqual(times(expected));
    const without = await plainDump(server, database, ['--exclude-table=*.v']);
    expect(objectsIn(without)).toEqual(times({ ...expected, VIEW: 1 }));
  });
});
