import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Flaw } from '../../../../core/documents/flaw.ts';
import { verdictFrom } from '../../../../core/documents/proof.ts';
import { postgresEngine } from '../../../../core/engines/postgres/engine.ts';
import { ToolMissingError } from '../../../../core/errors.ts';
import { piece, testWork, withTools } from '../../../support/engine-work.ts';
import { query, type ServerAddress } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { altered, type Dumped, newRole, postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { coldStart } from '../../../support/programs.ts';

async function dumpedFrom(server: ServerAddress, sql: string): Promise<Dumped> {
  const database = await newDatabase(server);
  await query(server, sql, { database });
  return postgresDump(urlOf(server, database));
}

/** Minors differ in the options that they know. */
const isOptionNote = (note: string) => /^the option \w+, which the server does not know, was left out$/.test(note);

/** What a backup and its proof say together. */
async function judged(dump: Dumped, work = testWork()) {
  const proof = await postgresProof(dump, work);
  const findings = { ...proof, flaws: [...(dump.scan.flaws ?? []), ...proof.flaws], unproven: [...(dump.scan.omitted ?? []), ...proof.unproven] };
  return { ...findings, verdict: verdictFrom(findings) };
}

/** Restores into a database of its own, and returns its name. */
async function restored(server: ServerAddress, { bytes, scan }: Dumped, without: Flaw[] = []): Promise<string> {
  const database = await newDatabase(server);
  await postgresEngine.restore(() => piece(bytes), scan, { into: urlOf(server, database), force: false, without, now: new Date() }, testWork());
  return database;
}

const withFlaws = `CREATE TABLE limits (kind text PRIMARY KEY, top int); INSERT INTO limits VALUES ('x', 10);
  CREATE FUNCTION within(k text, n int) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT n <= top FROM public.limits WHERE kind = k $$;
  CREATE TABLE a_orders (kind text, n int, CONSTRAINT fits CHECK (within(kind, n) IS TRUE), CONSTRAINT positive CHECK (n > 0)); INSERT INTO a_orders VALUES ('x', 5);
  CREATE DOMAIN a_kind AS text CONSTRAINT listed CHECK (within(VALUE, 1) IS TRUE); CREATE TABLE a_kinds (k a_kind); INSERT INTO a_kinds VALUES ('x');
  CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int, parent int REFERENCES parent); SET session_replication_role = replica; INSERT INTO child VALUES (1, 99); RESET session_replication_role;
  CREATE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)'; CREATE FUNCTION outer_one(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN plain($1); END';
  CREATE TABLE words (w text); CREATE INDEX by_outer ON words (outer_one(w)); INSERT INTO words VALUES ('A');
  CREATE TABLE sound (id int PRIMARY KEY, note text DEFAULT 'x'); INSERT INTO sound VALUES (1, 'kept'); COMMENT ON TABLE sound IS 'sound'`;

it(
  'a database with constraints and indexes that no restore can make is flawed, each is named with what mends it, and every row is restored without them',
  async () => {
    const server = await postgresServer(18);
    const dump = await dumpedFrom(server, withFlaws);
    const { verdict, flaws, differences, unproven } = await judged(dump);
    expect({ verdict, differences, unproven }).toEqual({ verdict: 'flawed', differences: [], unproven: [] });
    const expected: [RegExp, RegExp][] = [
      [/CHECK CONSTRAINT public\.a_orders fits: .* calls public\.within\(text,integer\)|CHECK CONSTRAINT a_orders fits/, /NOT VALID/],
      [/CHECK CONSTRAINT .*a_kind listed/, /NOT VALID/],
      [/FK CONSTRAINT public\.child child_parent_fkey: .*violates foreign key/, /SELECT \* FROM public\.child AS c WHERE c\.parent IS NOT NULL AND NOT EXISTS/],
      [/INDEX public\.by_outer: function plain\(text\) does not exist/, /search_path/],
    ];
    expect(flaws).toHaveLength(expected.length);
    for (const [what, remedy] of expected)
      expect(flaws).toContainEqual(expect.objectContaining({ what: expect.stringMatching(what), remedy: expect.stringMatching(remedy) }));
    const database = await restored(server, dump, flaws);
    expect(
      await query(server, 'SELECT (SELECT count(*) FROM a_orders), (SELECT count(*) FROM child), (SELECT count(*) FROM a_kinds), (SELECT note FROM sound)', {
        database,
      }),
    ).toBe('1|1|1|kept');
    await expect(query(server, "INSERT INTO a_orders VALUES ('x', 11)", { database })).rejects.toThrow('fits');
  },
  coldStart,
);

it(
  'rows that are lost or altered refute a database that has flaws too',
  async () => {
    const dump = await dumpedFrom(await postgresServer(18), withFlaws);
    expect((await judged(altered(dump, '1\tkept\n', ''))).differences).toEqual(['table public.sound has 0 rows instead of 1']);
    expect((await judged(altered(dump, '1\tkept', '1\tlost'))).differences).toEqual(['table public.sound has other contents in its 1 row']);
  },
  coldStart,
);

it(
  'a database is proven whatever its partitions, columns, settings, roles and locale are',
  async () => {
    const server = await postgresServer(18);
    const role = await newRole(server);
    const database = await newDatabase(server);
    const sql = `ALTER DATABASE ${database} SET timezone = 'Europe/Paris'; ALTER DATABASE ${database} SET quote_all_identifiers = on; SET timezone = 'Europe/Paris';
      CREATE TABLE visit (at timestamptz, day date, CHECK (day = at::date)); INSERT INTO visit VALUES ('2026-03-01 00:30', '2026-03-01');
      CREATE TYPE pad AS ENUM ('z'); CREATE TYPE colour AS ENUM ('red', 'green', 'blue', 'black', 'white', 'pink', 'teal'); CREATE TABLE cars (c colour, n int) PARTITION BY HASH (c);
      CREATE TABLE cars_0 PARTITION OF cars FOR VALUES WITH (MODULUS 3, REMAINDER 0); CREATE TABLE cars_1 PARTITION OF cars FOR VALUES WITH (MODULUS 3, REMAINDER 1); CREATE TABLE cars_2 PARTITION OF cars FOR VALUES WITH (MODULUS 3, REMAINDER 2);
      INSERT INTO cars SELECT e, g FROM unnest(enum_range(NULL::colour)) e, generate_series(1, 10) g;
      CREATE TABLE parent (id int); CREATE TABLE child (extra text) INHERITS (parent); ALTER TABLE parent ADD COLUMN added int; INSERT INTO child (id, extra, added) VALUES (1, 'x', 2), (2, 'y', 3);
      CREATE FUNCTION ff(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE jobs (id int, owner regrole, what regclass, fn regprocedure); INSERT INTO jobs VALUES (1, '${role}', 'jobs', 'ff(int)');
      CREATE TABLE grants (a aclitem); INSERT INTO grants VALUES ('${role}=r/postgres'); CREATE FUNCTION f(colour) RETURNS colour LANGUAGE sql AS 'SELECT $1'; CREATE TABLE kinds (k varchar(9) CHECK (k IN ('a', 'b')), v varchar DEFAULT 'b');
      CREATE UNLOGGED TABLE owner (id int PRIMARY KEY); CREATE UNLOGGED TABLE item (id int, o int REFERENCES owner, PRIMARY KEY (id)); INSERT INTO owner VALUES (1); INSERT INTO item VALUES (1, 1)`;
    await query(server, sql, { database });
    const dump = await postgresDump(urlOf(server, database));
    const { verdict, differences, flaws, unproven, notes } = await judged(dump);
    expect({ verdict, differences, flaws, unproven }).toEqual({ verdict: 'proven', differences: [], flaws: [], unproven: [] });
    expect(notes).toContainEqual(expect.stringMatching(/settings of the database itself: .*TimeZone=Europe\/Paris/i));
    await restored(server, dump);
  },
  coldStart,
);

it(
  'an option that no server knows is left out, noted, and proven',
  async () => {
    const dump = await dumpedFrom(await postgresServer(18), "CREATE TABLE simple (id int PRIMARY KEY, name text); INSERT INTO simple VALUES (1, 'one')");
    const option = 'ALTER TABLE ONLY public.simple ALTER COLUMN id SET (pg_attver=26458560);';
    const { verdict, notes } = await judged(altered(dump, '--\n-- Data for', `${option}\n\n--\n-- Data for`));
    expect(verdict).toBe('proven');
    expect(notes).toContainEqual(expect.stringContaining('pg_attver'));
  },
  coldStart,
);

it(
  'what the dump cannot hold, or the scratch server cannot make, is named, and the proof partial',
  async () => {
    const sql = `CREATE EXTENSION hstore; CREATE TABLE ledger (id int, v text); INSERT INTO ledger SELECT g, 'x' FROM generate_series(1, 100) g; ALTER EXTENSION hstore ADD TABLE ledger;
      CREATE AGGREGATE average(int8) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg, COMBINEFUNC = int8_avg_combine, SERIALFUNC = int8_avg_serialize, DESERIALFUNC = int8_avg_deserialize, PARALLEL = SAFE);
      CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)`;
    const { verdict, unproven } = await judged(await dumpedFrom(await postgresServer(18), sql));
    expect(verdict).toBe('partial');
    expect(unproven).toContainEqual(expect.stringContaining('the 100 rows of public.ledger'));
    expect(unproven).toContainEqual(expect.stringContaining('AGGREGATE public.average(bigint)'));
  },
  coldStart,
);

/** Rows that fit their partitions and CHECK in the order of a language alone. */
const inOrder = `CREATE TABLE names (n text) PARTITION BY RANGE (n); CREATE TABLE names_a PARTITION OF names FOR VALUES FROM (MINVALUE) TO ('n'); CREATE TABLE names_n PARTITION OF names FOR VALUES FROM ('n') TO (MAXVALUE);
  INSERT INTO names VALUES ('Zoe'), ('adam'), ('Émile'), ('_x'), ('Nora'), ('nora'), ('éa'); CREATE TABLE chk (a text, b text, CHECK (a < b)); INSERT INTO chk VALUES ('a', 'B'), ('é', 'f')`;

it('text in the order of a locale is compared, and another locale than the source has is told', { timeout: coldStart }, async () => {
  const server = await postgresServer(18);
  const database = `ordered_${randomBytes(4).toString('hex')}`;
  await query(server, `CREATE DATABASE ${database} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`);
  onTestFinished(() => query(server, `DROP DATABASE ${database} WITH (FORCE)`).then(() => undefined));
  await query(server, inOrder, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  const dump = await postgresDump(urlOf(server, database));
  expect((await judged(dump)).verdict).toBe('proven');
  if (!dump.scan.source) throw new Error('the scan says nothing about its source');
  const locale = { provider: 'c', collate: 'xx_XX.UTF-8', ctype: 'xx_XX.UTF-8', name: null, rules: null };
  const { verdict, unproven } = await judged({ ...dump, scan: { ...dump.scan, source: { ...dump.scan.source, locale } } });
  expect(verdict).toBe('partial');
  expect(unproven).toContainEqual(expect.stringContaining('locale xx_XX.UTF-8 could not be had'));
});

it.each([
  [15, 'en_US.UTF-8'],
  [18, 'fr_FR.utf8'],
] as const)('text is in the order of a locale of glibc that the machine need not have: PostgreSQL %i, %s', { timeout: coldStart }, async (version, locale) => {
  const server = await postgresServer(version);
  const database = `ordered_${randomBytes(4).toString('hex')}`;
  await query(server, `CREATE DATABASE ${database} TEMPLATE template0 LOCALE_PROVIDER libc LOCALE '${locale}'`);
  onTestFinished(() => query(server, `DROP DATABASE ${database} WITH (FORCE)`).then(() => undefined));
  await query(server, inOrder, { database, environment: { PGCLIENTENCODING: 'UTF8' } });
  expect(await judged(await postgresDump(urlOf(server, database)))).toMatchObject({ verdict: 'proven', unproven: [] });
});

it('a dump whose function, default, trigger or comment was changed afterwards is not proven', { timeout: coldStart }, async () => {
  const sql = `CREATE TABLE person (id int, name text DEFAULT 'nobody'); INSERT INTO person VALUES (1, 'Ada'); COMMENT ON TABLE person IS 'people'; CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2';
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER kept BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION keep()`;
  const honest = await dumpedFrom(await postgresServer(18), sql);
  expect((await judged(honest)).verdict).toBe('proven');
  const changes: [string, string, RegExp][] = [
    ['SELECT 2', 'SELECT 3', /FUNCTION public\.two\(\)/],
    ["'nobody'", "'somebody'", /DEFAULT public\.person name/],
    ['BEFORE INSERT', 'AFTER INSERT', /TRIGGER public\.person kept/],
    ["IS 'people'", "IS 'animals'", /COMMENT table public\.person/],
  ];
  const { verdict, flaws, unproven, differences } = await judged(changes.reduce((dump, [from, to]) => altered(dump, from, to), honest));
  expect({ verdict, differences }).toEqual({ verdict: 'flawed', differences: [] });
  const named = [...flaws.map(({ what }) => what), ...unproven];
  expect(named).toHaveLength(changes.length);
  for (const [, , what] of changes) expect(named).toContainEqual(expect.stringMatching(what));
});

describe('a view over a system view of PostgreSQL 15', () => {
  const sql =
    'CREATE VIEW checkpoints AS SELECT checkpoints_timed, buffers_backend FROM pg_stat_bgwriter; CREATE TABLE t (id int PRIMARY KEY CHECK (id > 0)); INSERT INTO t VALUES (1)';

  it('is proven on a server of 15, with a note that 18 would refuse it', { timeout: coldStart }, async () => {
    const { verdict, notes } = await judged(await dumpedFrom(await postgresServer(15), sql));
    expect({ verdict, notes: notes.filter((note) => !isOptionNote(note)) }).toEqual({
      verdict: 'proven',
      notes: ['would not restore on PostgreSQL 18: VIEW public.checkpoints: column pg_stat_bgwriter.checkpoints_timed does not exist'],
    });
  });

  it('is named, and the proof partial, where no server of 15 can be had', { timeout: coldStart }, async () => {
    const newestAlone = withTools(testWork(), { older: async () => undefined });
    const { verdict, unproven } = await judged(await dumpedFrom(await postgresServer(15), sql), newestAlone);
    expect(verdict).toBe('partial');
    expect(unproven).toContainEqual(expect.stringMatching(/VIEW public\.checkpoints: .*would not restore on 18/));
  });

  it('is proven where the newest server fails, and a note says that it was not asked', { timeout: coldStart }, async () => {
    const server = async () => {
      throw new ToolMissingError('there is no server 18');
    };
    const { verdict, notes } = await judged(await dumpedFrom(await postgresServer(15), sql), withTools(testWork(), { server }));
    expect(verdict).toBe('proven');
    expect(notes).toContain('what would not restore on PostgreSQL 18 is not known: there is no server 18');
  });
});
