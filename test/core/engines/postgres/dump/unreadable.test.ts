import { expect, it } from 'vitest';
import { postgresEngine } from '../../../../../core/engines/postgres/engine.ts';
import { testWork } from '../../../../support/engine-work.ts';
import { query } from '../../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../../support/postgres-servers.ts';
import { judged, newRole, postgresDump, postgresSource, restored, urlOf } from '../../../../support/postgres-work.ts';
import { coldStart } from '../../../../support/programs.ts';

/** A role that may read some things alone. It is granted nothing by others. */
async function reader(server: Awaited<ReturnType<typeof postgresServer>>): Promise<string> {
  return newRole(server, { options: "PASSWORD 'x'" });
}

it.each([18, 15] as const)(
  'what the user may not read is named with the right that it takes, and all the rest is in the backup, on %i',
  { timeout: coldStart },
  async (version) => {
    const server = await postgresServer(version);
    const role = await reader(server);
    const database = await newDatabase(server);
    const sql = `CREATE TABLE open (id int PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY); INSERT INTO open VALUES (1), (2); CREATE TABLE "Sec ret" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text DEFAULT 'x', o int REFERENCES open); INSERT INTO "Sec ret" (a) VALUES ('S3cret'); CREATE INDEX i ON "Sec ret" (a);
    CREATE VIEW v AS SELECT a FROM "Sec ret"; CREATE MATERIALIZED VIEW m AS SELECT * FROM v; CREATE TABLE refers (id int REFERENCES "Sec ret"); CREATE SEQUENCE hidden_value; SELECT setval('hidden_value', 7); CREATE SCHEMA closed; CREATE TABLE closed.t (id int); CREATE SEQUENCE closed.s; CREATE TYPE closed.e AS ENUM ('a');
    CREATE TABLE uses (e closed.e); INSERT INTO uses VALUES ('a'); CREATE TABLE mine (id int, who text); INSERT INTO mine VALUES (1, 'S3cret'); ALTER TABLE mine ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON mine USING (who = current_user);
    CREATE TABLE parts (id int) PARTITION BY LIST (id); CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1); CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2); INSERT INTO parts VALUES (1), (2);
    SELECT lo_from_bytea(11, 'S3cret'), lo_from_bytea(12, repeat('b', 40000)::bytea), lo_from_bytea(13, 'c'), lo_create(14); COMMENT ON LARGE OBJECT 12 IS 'it''s'; GRANT SELECT ON LARGE OBJECT 12, 14 TO ${role}; GRANT SELECT, UPDATE ON LARGE OBJECT 12 TO pg_monitor; ALTER LARGE OBJECT 13 OWNER TO ${role};
    GRANT SELECT ON open, uses, mine, refers, parts, part_1 TO ${role}; GRANT SELECT ON SEQUENCE open_n_seq TO ${role}`;
    await query(server, sql, { database });
    const url = urlOf(server, database, { user: role, password: 'x' });
    const dump = await postgresDump(url);
    expect(dump.bytes.includes('S3cret')).toBe(false);
    expect(dump.scan.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['public.open', 2],
      ['public.part_1', 1],
      ['public.refers', 0],
      ['public.uses', 1],
      ['public.mine', 0],
    ]);
    const may = (grant: string) => `As an owner: ${grant} TO ${role};`;
    const { verdict, differences, unproven, flaws } = await judged(dump);
    expect({ verdict, differences, unproven }).toEqual({ verdict: 'flawed', differences: [], unproven: [] });
    expect(dump.scan.flaws?.map(({ what }) => what)).toEqual([
      `TABLE closed.t: ${role} may not read it, and neither it nor its rows are in the backup. As an owner: GRANT USAGE ON SCHEMA closed TO ${role}; GRANT SELECT ON TABLE closed.t TO ${role};`,
      `TABLE public."Sec ret": ${role} may not read it, and neither it nor its rows are in the backup. ${may('GRANT SELECT ON TABLE public."Sec ret"')}`,
      `TABLE DATA public.mine: row-level security hides rows from ${role}, so none of them are in the backup. As a superuser: ALTER ROLE ${role} BYPASSRLS;`,
      `TABLE public.part_2: ${role} may not read it, and neither it nor its rows are in the backup. ${may('GRANT SELECT ON TABLE public.part_2')}`,
      `SEQUENCE SET closed.s: ${role} may not read its value, so a restored one begins anew. As an owner: GRANT USAGE ON SCHEMA closed TO ${role}; GRANT SELECT ON SEQUENCE closed.s TO ${role};`,
      `SEQUENCE SET public."Sec ret_id_seq": ${role} may not read its value, so a restored one begins anew. ${may('GRANT SELECT ON SEQUENCE public."Sec ret_id_seq"')}`,
      `SEQUENCE SET public.hidden_value: ${role} may not read its value, so a restored one begins anew. ${may('GRANT SELECT ON SEQUENCE public.hidden_value')}`,
      `LARGE OBJECT 11: ${role} may not read it, so it is not in the backup. ${may('GRANT SELECT ON LARGE OBJECT 11')}`,
    ]);
    expect(flaws).toContainEqual(
      expect.objectContaining({ what: expect.stringMatching(/^VIEW public\.v: /), remedy: expect.stringContaining('as soon as public.Sec ret does') }),
    );
    const back = await restored(server, dump, flaws);
    const objects =
      "SELECT string_agg(concat_ws(':', oid, length(lo_get(oid)), obj_description(oid, 'pg_largeobject')), ',' ORDER BY oid) FROM pg_largeobject_metadata";
    expect(await query(server, `SELECT (SELECT sum(id) FROM open), (SELECT e FROM uses), (${objects})`, { database: back })).toBe(
      "3|a|12:40000:it's,13:1,14:0",
    );
    expect((await postgresEngine.examine(postgresSource(url), testWork())).remarks).toEqual(dump.scan.flaws?.map(({ what }) => what));
    // as the message says
    await query(server, `${dump.scan.flaws?.map(({ what }) => /(?:As an owner|As a superuser): (.*)$/.exec(what)?.[1]).join(' ')}`, { database });
    const whole = await postgresDump(url);
    expect(whole.scan.flaws).toBeUndefined();
    expect((await judged(whole)).verdict).toBe('proven');
  },
);

it('a user who may read no table at all is refused, and so is one who has chosen what he may not read', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const role = await reader(server);
  const database = await newDatabase(server);
  await query(server, `CREATE TABLE a (id int); CREATE TABLE b (id int)`, { database });
  const url = urlOf(server, database, { user: role, password: 'x' });
  await expect(postgresDump(url)).rejects.toMatchObject({ name: 'AccessDeniedError', message: expect.stringContaining('pg_read_all_data') });
  await query(server, `GRANT SELECT ON a TO ${role}`, { database });
  await expect(postgresDump(url, undefined, { include: { schemas: ['public'], tables: [] } })).rejects.toMatchObject({ name: 'AccessDeniedError' });
  expect((await postgresDump(url, undefined, { exclude: { schemas: [], tables: ['public.b'], rows: [] } })).scan.flaws).toBeUndefined();
});

/** Faults that pg_dump stops at before it dumps anything, whatever it is told to leave out. */
const faults = `UPDATE pg_proc SET proowner = 99991 WHERE proname = 'twice'; UPDATE pg_largeobject_metadata SET lomowner = 99991 WHERE oid = 7; UPDATE pg_type SET typowner = 99991 WHERE typname = 'mood';
  DELETE FROM pg_namespace WHERE nspname = 'gone'; DELETE FROM pg_class WHERE relname IN ('parent', 'parts'); UPDATE pg_rewrite SET ev_class = 99992 WHERE rulename = 'nothing'`;

it.each([
  [18, 'letter[]', 'ARRAY[m]'],
  [15, 'letter', 'm'],
] as const)(
  'where owners, schemas and parents are gone, so that pg_dump begins with nothing, all else is in the backup, and the statements that it names mend the source, on %i (partitions by the hash of %s)',
  { timeout: coldStart },
  async (version, type, value) => {
    const server = await postgresServer(version);
    const database = await newDatabase(server);
    const sql = `CREATE TYPE mood AS ENUM ('good', 'it''s'); CREATE FUNCTION twice(n int, OUT result int) LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2'; CREATE DOMAIN code AS text NOT NULL DEFAULT 'x' CHECK (VALUE <> ''); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TABLE "Goo d" (id serial PRIMARY KEY, "m "" é" mood DEFAULT 'good', c code, t text COLLATE "C", g int GENERATED ALWAYS AS (twice(id)) STORED, CONSTRAINT "po s" CHECK (id > 0)); INSERT INTO "Goo d" ("m "" é", t) SELECT 'it''s', E'a\\tb' FROM generate_series(1, 3); ALTER TABLE "Goo d" ADD CONSTRAINT later CHECK (id < 9) NOT VALID;
    CREATE TABLE refers (id int GENERATED BY DEFAULT AS IDENTITY, good int REFERENCES "Goo d"); INSERT INTO refers (good) VALUES (2); CREATE UNIQUE INDEX ON refers (twice(id)) WHERE id > 0; CREATE TRIGGER t BEFORE INSERT ON refers FOR EACH ROW EXECUTE FUNCTION tf(); ALTER TABLE refers DISABLE TRIGGER t; CREATE RULE nothing AS ON DELETE TO refers DO INSTEAD NOTHING;
    ALTER TABLE refers ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON refers FOR SELECT USING (id > 0); CREATE VIEW v WITH (security_barrier = true) AS SELECT id FROM "Goo d"; CREATE MATERIALIZED VIEW mv AS SELECT * FROM v; CREATE INDEX ON mv (id); CREATE SEQUENCE s MINVALUE 5 INCREMENT 3 CYCLE MAXVALUE 50; SELECT setval('s', 8, false), lo_from_bytea(7, 'x');
    CREATE TABLE top (a int) PARTITION BY LIST (a); CREATE TABLE top_1 PARTITION OF top FOR VALUES IN (1); CREATE INDEX ON top (a); INSERT INTO top VALUES (1); CREATE TABLE above (a int); CREATE TABLE below (b int) INHERITS (above); INSERT INTO below VALUES (1, 2);
    CREATE TYPE letter AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'); CREATE TABLE hashed (m ${type} CONSTRAINT "m?" CHECK (m IS NOT NULL)) PARTITION BY HASH (m); CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO hashed SELECT ${value} FROM unnest(enum_range(NULL::letter)) m;
    CREATE TABLE parent (a int, CHECK (a > 0)); CREATE TABLE child (b int) INHERITS (parent); INSERT INTO child VALUES (1, 2); CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1); INSERT INTO parts VALUES (1); CREATE SCHEMA gone; CREATE TABLE gone.t (a int); INSERT INTO gone.t VALUES (1); CREATE FUNCTION gone.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    SET allow_system_table_mods = on; ${faults}`;
    await query(server, sql, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
    const dump = await postgresDump(urlOf(server, database));
    const { verdict, differences, flaws, unproven } = await judged(dump);
    expect({ verdict, differences, unproven }).toEqual({ verdict: 'flawed', differences: [], unproven: [] });
    expect(flaws.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^CATALOGUE: pg_dump cannot begin, so the backup was written without it, .*: pg_dump: error: /),
      expect.stringMatching(
        /^ROLE with the number 99991: the catalogue lacks it, and these name it: 7 \(pg_largeobject_metadata\), public\.mood \(pg_type\), public\.twice \(pg_proc\)$/,
      ),
      expect.stringMatching(/^TABLE with the number \d+: .*these name it: child \(pg_inherits\), columns \(pg_attribute\), /),
      expect.stringMatching(/^TABLE with the number \d+: .*these name it: columns \(pg_attribute\), entry \(pg_partitioned_table\), part_1 \(pg_inherits\), /),
      expect.stringMatching(/^TABLE with the number 99992: .*: nothing \(pg_rewrite\)$/),
      expect.stringMatching(/^SCHEMA with the number \d+: .*: t \(pg_class\), .*f \(pg_proc\).*\. Rows of tables without a schema are not in the backup/),
    ]);
    const copy = await restored(server, dump, flaws);
    const values = `SELECT (SELECT sum(g) FROM "Goo d" WHERE "m "" é" = 'it''s' AND c = 'x' AND t = E'a\\tb'), (SELECT concat_ws(':', id, good) FROM refers), (SELECT concat_ws(':', last_value, is_called) FROM s), lo_get(7), (SELECT count(*) FROM top), (SELECT sum(a) FROM above), (SELECT sum(a + b) FROM child), (SELECT a FROM part_1), (SELECT count(*) FROM mv),
      nextval('"Goo d_id_seq"'), (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'), (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace), (SELECT string_agg(tgenabled, '') FROM pg_trigger WHERE tgname = 't'), (SELECT relrowsecurity FROM pg_class WHERE relname = 'refers'), (SELECT count(*) FROM hashed)`;
    expect(await query(server, values, { database: copy, environment: { PGCLIENTENCODING: 'UTF8' } })).toBe('12|1:2|8:f|\\x78|1|1|3|1|3|4|9|5|D|t|8');
    const mending = flaws.flatMap(({ remedy }) => remedy?.match(/(?:CREATE SCHEMA|UPDATE|DELETE)[^;]*;/g) ?? []);
    await query(server, mending.join('\n'), { database });
    expect((await postgresDump(urlOf(server, database))).scan.flaws).toBeUndefined();
    expect(await query(server, 'SELECT (SELECT count(*) FROM rescued.t), (SELECT sum(a + b) FROM child), (SELECT a FROM part_1)', { database })).toBe('1|3|1');
  },
);

it('a table of which nothing can be read is in the backup without rows, and named, where pg_dump begins with nothing', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const faults =
    "UPDATE pg_class SET relowner = 99991 WHERE relname = 'kept'; DELETE FROM pg_attribute WHERE attrelid = 'lost'::regclass AND attnum = 1; UPDATE pg_class SET relfilenode = 88890 WHERE relname = 'gone'";
  const sql =
    'CREATE SEQUENCE gone; CREATE TABLE kept (id int); INSERT INTO kept VALUES (1), (2); CREATE TABLE empty (); INSERT INTO empty DEFAULT VALUES; INSERT INTO empty DEFAULT VALUES; INSERT INTO empty DEFAULT VALUES; CREATE TABLE lost (a int, b int); INSERT INTO lost VALUES (1, 2)';
  await query(server, `${sql}; SET allow_system_table_mods = on; ${faults}`, { database });
  const dump = await postgresDump(urlOf(server, database));
  const { verdict, differences, flaws } = await judged(dump);
  expect({ verdict, differences }).toEqual({ verdict: 'flawed', differences: [] });
  expect(flaws).toContainEqual(expect.objectContaining({ what: 'TABLE DATA public.lost: none of its rows can be read' }));
  const ofSequence = flaws.filter(({ what }) => what.includes('public.gone')).map(({ what }) => what);
  expect(ofSequence).toEqual([expect.stringMatching(/^SEQUENCE SET public\.gone: its value cannot be read, and it begins anew: could not open file/)]);
  const copy = await restored(server, dump, flaws);
  expect(await query(server, 'SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM lost), (SELECT count(*) FROM empty)', { database: copy })).toBe(
    '2|0|3',
  );
});

it.each([18, 15] as const)(
  'a sequence whose file is missing begins anew, and is named; all else is in the backup, on %i',
  { timeout: coldStart },
  async (version) => {
    const server = await postgresServer(version);
    const database = await newDatabase(server);
    const sql = `CREATE TABLE t (id serial PRIMARY KEY, v text); INSERT INTO t (v) SELECT 'x' FROM generate_series(1, 10); CREATE SEQUENCE good; SELECT setval('good', 7); CREATE SEQUENCE "ba d"; SELECT setval('"ba d"', 9);`;
    await query(server, `${sql} SET allow_system_table_mods = on; UPDATE pg_class SET relfilenode = 88889 WHERE relname = 'ba d'`, { database });
    const dump = await postgresDump(urlOf(server, database));
    const { verdict, differences, flaws, unproven } = await judged(dump);
    expect({ verdict, differences, unproven }).toEqual({ verdict: 'flawed', differences: [], unproven: [] });
    // from 18 on pg_dump reads the values of all sequences at once
    expect(flaws.map(({ what }) => what)).toEqual([
      ...(version === 18 ? [expect.stringMatching(/^CATALOGUE: pg_dump cannot begin/)] : []),
      expect.stringMatching(/^SEQUENCE SET public\."ba d": its value cannot be read, and it begins anew: could not open file "base\//),
    ]);
    const copy = await restored(server, dump, flaws);
    const values = `SELECT count(*), (SELECT last_value FROM good), nextval('t_id_seq'), nextval('"ba d"') FROM t`;
    expect(await query(server, values, { database: copy })).toBe('10|7|11|1');
    await query(
      server,
      `DROP SEQUENCE "ba d"; CREATE SEQUENCE "ba d"; ${flaws
        .at(-1)
        ?.remedy.match(/SELECT setval.*/)?.[0]
        .replace('…', '10')}`,
      { database },
    );
    expect((await postgresDump(urlOf(server, database))).scan.flaws).toBeUndefined();
  },
);

it('a partitioned table whose key is gone is named, and a restore without it brings all else', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const sql =
    'CREATE TABLE kept (id int); INSERT INTO kept VALUES (1), (2); CREATE TABLE top (a int) PARTITION BY LIST (a); CREATE TABLE top_1 PARTITION OF top FOR VALUES IN (1); INSERT INTO top VALUES (1)';
  await query(server, `${sql}; SET allow_system_table_mods = on; DELETE FROM pg_partitioned_table WHERE partrelid = 'top'::regclass`, { database });
  const dump = await postgresDump(urlOf(server, database));
  const { verdict, differences, flaws } = await judged(dump);
  expect({ verdict, differences }).toEqual({ verdict: 'flawed', differences: [] });
  expect(flaws).toContainEqual(expect.objectContaining({ what: expect.stringMatching(/^TABLE public\.top: /) }));
  const copy = await restored(server, dump, flaws);
  expect(await query(server, 'SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM top_1)', { database: copy })).toBe('2|1');
});

it('a server that does not say what its objects are costs no backup, and the backup says so', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = await newDatabase(server);
  const role = await newRole(server, { options: "PASSWORD 'x' IN ROLE pg_read_all_data" });
  await query(server, 'CREATE TABLE t (id int); INSERT INTO t VALUES (1); REVOKE EXECUTE ON FUNCTION sha256(bytea) FROM PUBLIC', { database });
  const { scan } = await postgresDump(urlOf(server, database, { user: role, password: 'x' }));
  expect(scan.tables).toEqual([expect.objectContaining({ name: 'public.t', rows: 1 })]);
  expect(scan.source?.definitions).toBeUndefined();
  expect(scan.warnings).toEqual([
    expect.stringMatching(
      /^what the server says of its objects and its counts of rows could not be compared with the dump: .*permission denied for function sha256/,
    ),
  ]);
});
