import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rowsOf, type Scan } from '../../../../core/documents/scan.ts';
import { postgresEngine } from '../../../../core/engines/postgres/engine.ts';
import { partOf } from '../../../../core/operations/orders/restore-part.ts';
import { leftIn, piece, testWork } from '../../../support/engine-work.ts';
import { everything } from '../../../support/postgres-everything.ts';
import { query } from '../../../support/postgres-server.ts';
import { newDatabase, postgresServer } from '../../../support/postgres-servers.ts';
import { type Dumped, identifier, newRole, postgresDump, postgresProof, urlOf } from '../../../support/postgres-work.ts';
import { coldStart, oldVersions, type ServerVersion, serverVersions } from '../../../support/programs.ts';

/** The newest minors of 15 and 17 keep an option of their own on columns, which the scratch server does not know. */
const areOfNewestMinors = (notes: string[]) => notes.every((note) => note === 'the option pg_attver, which the server does not know, was left out');

interface Full {
  dumped: Dumped;
  /** Names of the roles that own objects and have grants. They are gone, as is the database. */
  roles: [string, string];
}
const dumps = new Map<ServerVersion, Promise<Full>>();

/** Dumps a database with every kind of object, once for all tests. */
function full(version: ServerVersion): Promise<Full> {
  const made = dumps.get(version) ?? fullOf(version);
  dumps.set(version, made);
  return made;
}

async function fullOf(version: ServerVersion): Promise<Full> {
  const server = await postgresServer(version);
  const roles: Full['roles'] = [`owner_${randomBytes(6).toString('hex')}`, `reader_${randomBytes(6).toString('hex')}`];
  const names = roles.map(identifier).join(', ');
  await query(server, roles.map((role) => `CREATE ROLE ${identifier(role)} LOGIN`).join('; '));
  const database = await newDatabase(server);
  await query(server, everything(roles), { database });
  const dumped = await postgresDump(urlOf(server, database));
  await query(server, `DROP DATABASE ${database}`);
  await query(server, `DROP ROLE ${names}`);
  return { dumped, roles };
}

const held = ({ tables, sequences, largeObjects, objects }: Scan) => ({ tables, sequences, largeObjects, objects });

describe.each(serverVersions)('a database with every kind of object on PostgreSQL %i', (version) => {
  it(
    'is dumped, proven, and restored into an equal one',
    async () => {
      const server = await postgresServer(version);
      const { dumped, roles } = await full(version);
      expect(dumped.scan.warnings).toEqual([]);
      const work = testWork();
      expect(await postgresProof(dumped, work)).toMatchObject({ differences: [], unproven: [], notes: expect.toSatisfy(areOfNewestMinors) });
      expect(leftIn(work)).toEqual([]);
      for (const name of roles) await newRole(server, { name });
      const copy = await newDatabase(server);
      const target = { into: urlOf(server, copy), force: false, now: new Date() };
      expect(await postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, target, testWork())).toMatchObject({ notes: [] });
      expect(held((await postgresDump(urlOf(server, copy))).scan)).toEqual(held(dumped.scan));
    },
    coldStart,
  );
});

it(
  'is opened for a look, by a user who is no superuser, and leaves nothing afterwards',
  async () => {
    const server = await postgresServer(18);
    const { dumped } = await full(18);
    const work = testWork();
    {
      await using opened = await postgresEngine.open(() => piece(dumped.bytes), dumped.scan, [], work);
      expect(opened).toMatchObject({ tables: dumped.scan.tables.length, rows: rowsOf(dumped.scan) });
      const [PGHOST = '', PGPORT = '', PGUSER = ''] = ['host', 'port', 'user'].map((name) => new URL(opened.address).searchParams.get(name) ?? '');
      const environment = { PGHOST, PGPORT, PGUSER, PGDATABASE: 'restored' };
      expect(await query(server, "SELECT current_setting('is_superuser')", { environment })).toBe('off');
      expect((await postgresDump(opened.address)).scan.tables).toEqual(dumped.scan.tables);
    }
    expect(leftIn(work)).toEqual([]);
  },
  coldStart,
);

it(
  'comes back in part: single tables beside others, and whole schemas',
  async () => {
    const server = await postgresServer(18);
    const [database, copy] = [await newDatabase(server), await newDatabase(server)];
    await query(
      server,
      `CREATE SCHEMA shop; CREATE TABLE shop."Odd name" (id serial PRIMARY KEY, word text); INSERT INTO shop."Odd name" (word) VALUES ('Zoë'), (NULL);
      CREATE VIEW shop.words AS SELECT word FROM shop."Odd name"; CREATE TABLE member (id integer); INSERT INTO member SELECT generate_series(1, 5); CREATE TABLE other (id integer)`,
      { database },
    );
    await query(server, 'CREATE TABLE kept (id integer)', { database: copy });
    const dumped = await postgresDump(urlOf(server, database));
    const work = testWork();
    const whole = { engine: postgresEngine, dump: () => piece(dumped.bytes), scan: dumped.scan, flaws: [] };
    for (const choice of [{ tables: ['member'] }, { schemas: ['shop'] }]) {
      await using part = await partOf(whole, choice, work);
      await postgresEngine.restore(part.open, part.scan, { into: urlOf(server, copy), force: true, now: new Date() }, work);
    }
    expect(leftIn(work)).toEqual([]);
    const tables =
      "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace IN ('public'::regnamespace, 'shop'::regnamespace)";
    expect(await query(server, tables, { database: copy })).toBe('Odd name,kept,member,words');
    expect(await query(server, 'SELECT count(*) FROM member', { database: copy })).toBe('5');
    expect(await query(server, `INSERT INTO shop."Odd name" (word) VALUES ('next') RETURNING id`, { database: copy })).toBe('3');
  },
  coldStart,
);

it(
  'of PostgreSQL 18 can be restored into 15, which knows neither transaction_timeout nor the other settings of newer dumps',
  async () => {
    const target = await postgresServer(15);
    const { dumped, roles } = await full(18);
    for (const name of roles) await newRole(target, { name });
    expect(dumped.bytes.toString()).toMatch(/^SET transaction_timeout = 0;$/m);
    const copy = await newDatabase(target);
    await postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: urlOf(target, copy), force: false, now: new Date() }, testWork());
    expect((await postgresDump(urlOf(target, copy))).scan.tables).toEqual(dumped.scan.tables);
  },
  coldStart,
);

describe.each(oldVersions.slice(0, 1))('a database of PostgreSQL %i, which the community no longer maintains,', (version) => {
  it('is dumped, proven on 18, and restored into an equal one', { timeout: coldStart }, async () => {
    const server = await postgresServer(version);
    const database = await newDatabase(server);
    await query(
      server,
      `CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE parent (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood, name text DEFAULT 'x' CHECK (name <> ''));
      INSERT INTO parent (mood, name) SELECT 'happy', 'n' || n FROM generate_series(1, 100) n; CREATE TABLE child (parent int REFERENCES parent, at timestamptz, part int) PARTITION BY RANGE (part);
      CREATE TABLE child_a PARTITION OF child FOR VALUES FROM (0) TO (10); INSERT INTO child VALUES (1, now(), 5); CREATE VIEW happy AS SELECT * FROM parent WHERE mood = 'happy'; CREATE INDEX ON parent (lower(name));
      CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2'; CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM parent; SELECT lo_from_bytea(0, 'abc'); COMMENT ON TABLE parent IS 'old'`,
      { database },
    );
    const dumped = await postgresDump(urlOf(server, database));
    expect(await postgresProof(dumped)).toMatchObject({ differences: [], flaws: [], unproven: [] });
    const copy = await newDatabase(server);
    await postgresEngine.restore(() => piece(dumped.bytes), dumped.scan, { into: urlOf(server, copy), force: false, now: new Date() }, testWork());
    expect(held((await postgresDump(urlOf(server, copy))).scan)).toEqual(held(dumped.scan));
  });
});
