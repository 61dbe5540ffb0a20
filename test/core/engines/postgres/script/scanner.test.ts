import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PostgresScan, PostgresScanner } from '../../../../../core/engines/postgres/script/scanner.ts';
import { DumpMalformedError } from '../../../../../core/errors.ts';
import { awkwardDatabase } from '../../../../support/awkward-postgres.ts';
import { plainDump, ranBy } from '../../../../support/postgres-dump.ts';
import { environmentOf, query, type ServerAddress } from '../../../../support/postgres-server.ts';
import { postgresServer } from '../../../../support/postgres-servers.ts';
import { coldStart, serverVersions } from '../../../../support/programs.ts';
import { inPieces } from '../../../../support/streams.ts';

const database = 'scanner_test';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function scanOf(dump: Buffer, size = 65_536): PostgresScan {
  const scanner = new PostgresScanner();
  for (const piece of inPieces(dump, size)) scanner.write(piece);
  return scanner.end();
}

describe.each(serverVersions)('the scan of a dump of PostgreSQL %i', (version) => {
  let server: ServerAddress;
  let dump: Buffer;
  let scan: PostgresScan;

  beforeAll(async () => {
    server = await postgresServer(version);
    await query(server, `DROP DATABASE IF EXISTS ${database}`);
    await query(server, `CREATE DATABASE ${database} TEMPLATE template0`);
    await query(server, awkwardDatabase, { database });
    dump = await plainDump(server, database);
    scan = scanOf(dump);
    return () => query(server, `DROP DATABASE ${database}`).then(() => undefined);
  }, coldStart);

  it('has every table with as many rows as count(*) and the digest of what COPY gives', async () => {
    const names = (
      await query(
        server,
        "SELECT format('%I.%I', n.nspname, c.relname) || chr(1) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema)'",
        { database },
      )
    )
      .split('\x01')
      .map((name) => name.trim())
      .filter(Boolean);
    expect(scan.tables.map(({ name }) => name).sort()).toEqual(names.sort());
    expect(names).toHaveLength(7);
    for (const { name, rows, bytes, sha256: digest } of scan.tables) {
      expect({ name, rows }).toEqual({ name, rows: Number(await query(server, `SELECT count(*) FROM ${name}`, { database })) });
      // a generated column is in no dump
      const columns = name === 'public.generated' ? '(a)' : '';
      const { out, status } = await ranBy('psql', ['-XAtqc', `COPY ${name} ${columns} TO STDOUT`], environmentOf(server, { database }));
      expect({ name, bytes, digest, status }).toEqual({ name, bytes: out.length, digest: sha256(out), status: 0 });
    }
  });

  it('has the values of sequences', async () => {
    const expected = {
      'public.serial': ['6', true],
      'public.downwards': ['-7', true],
      'public."Se\'quence \\ ; "': ['1', false],
    };
    expect(Object.fromEntries(scan.sequences.map(({ name, value, called }) => [name, [value, called]]))).toEqual(expected);
  });

  it('has the large objects, and changes when one bit of one does', async () => {
    expect(scan.largeObjects.count).toBe(3);
    await query(server, "SELECT lo_put(70001, 20000, '\\x0b')", { database });
    const changed = scanOf(await plainDump(server, database)).largeObjects;
    expect(changed.count).toBe(3);
    expect(changed.sha256).not.toBe(scan.largeObjects.sha256);
    await query(server, "SELECT lo_put(70001, 20000, '\\x0a')", { database });
    expect(scanOf(await plainDump(server, database)).largeObjects).toEqual(scan.largeObjects);
  });

  it('counts the kinds of objects', () => {
    expect(scan.objects).toMatchObject({ TABLE: 8, VIEW: 1, FUNCTION: 2, PROCEDURE: 1, RULE: 1, SEQUENCE: 3, SCHEMA: 1 });
  });

  it('is the same when the database has strings, times and names written in another way', async () => {
    const settings = {
      standard_conforming_strings: 'off',
      quote_all_identifiers: 'on',
      bytea_output: 'escape',
      DateStyle: 'German',
      TimeZone: 'Asia/Tokyo',
    };
    for (const [name, value] of Object.entries(settings)) await query(server, `ALTER DATABASE ${database} SET ${name} = '${value}'`);
    const other = await plainDump(server, database);
    await query(server, `ALTER DATABASE ${database} RESET ALL`);
    expect(scanOf(other)).toMatchObject({ tables: scan.tables, sequences: scan.sequences, largeObjects: scan.largeObjects });
  });

  it('knows its size, whatever the chunks', () => {
    expect(scan.size).toBe(dump.length);
    expect(scanOf(dump, 4099)).toEqual(scan);
    expect(scanOf(dump, dump.length)).toEqual(scan);
  });
});

describe('of a dump made by hand', () => {
  const trailer = '--\n-- PostgreSQL database dump complete\n--\n\n';
  const copy = (table: string, rows: string) => `COPY ${table} (a) FROM stdin;\n${rows}\\.\n\n`;

  it('several COPY blocks for one table are one table', () => {
    const scan = scanOf(Buffer.from(`${copy('public.t', '1\n2\n')}${copy('public.u', '')}${copy('public.t', '3\n')}${trailer}`));
    expect(scan.tables).toEqual([
      { name: 'public.t', rows: 3, bytes: 6, sha256: sha256(Buffer.from('1\n2\n3\n')) },
      { name: 'public.u', rows: 0, bytes: 0, sha256: sha256(Buffer.alloc(0)) },
    ]);
  });

  it('a row of 100 MB is one row', () => {
    const scanner = new PostgresScanner();
    scanner.write(Buffer.from('COPY public.wide (a) FROM stdin;\n'));
    const [part, hash] = [Buffer.alloc(1024 * 1024, '\\\\.'), createHash('sha256')];
    for (let megabyte = 0; megabyte < 100; megabyte++) {
      scanner.write(part);
      hash.update(part);
    }
    scanner.write(Buffer.from(`\n\\.\n${trailer}`));
    expect(scanner.end().tables).toEqual([{ name: 'public.wide', rows: 1, bytes: 100 * 1024 * 1024 + 1, sha256: hash.update('\n').digest('hex') }]);
  });

  it('a sequence that is set in another way than pg_dump does is refused', () => {
    expect(() => scanOf(Buffer.from(`SELECT pg_catalog.setval('s', now());${trailer}`))).toThrow(DumpMalformedError);
  });
});

it('memory stays small while 200 MB of rows pass', () => {
  const rows = Buffer.from(Array.from({ length: 16_000 }, (_, index) => `${index}\tsome text of row ${index}\t\\N\n`).join(''));
  const scanner = new PostgresScanner();
  scanner.write(Buffer.from('COPY public.many (a, b, c) FROM stdin;\n'));
  const held = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const [before, times] = [held(), Math.ceil(200_000_000 / rows.length)];
  let most = 0;
  for (let time = 0; time < times; time++) {
    scanner.write(rows.subarray(0, 1000 + time)); // borders fall anywhere
    scanner.write(rows.subarray(1000 + time));
    most = Math.max(most, held() - before);
  }
  scanner.write(Buffer.from('\\.\n--\n-- PostgreSQL database dump complete\n--\n'));
  expect(scanner.end()).toMatchObject({ tables: [{ rows: 16_000 * times, bytes: rows.length * times }] });
  expect(most).toBeLessThan(30_000_000);
});
