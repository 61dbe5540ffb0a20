import { describe, expect, it } from 'vitest';
import { verdictFrom } from '../../../../../core/documents/proof.ts';
import { type MysqlServerName, mysqlServerNames } from '../../../../support/mysql-programs.ts';
import { mysqlQuery } from '../../../../support/mysql-server.ts';
import { mysqlServer, newMysqlDatabase } from '../../../../support/mysql-servers.ts';
import { mysqlDumpOf, mysqlProof, mysqlUrl } from '../../../../support/mysql-work.ts';
import { coldStart } from '../../../../support/programs.ts';

async function provenFrom(name: MysqlServerName, sql: string) {
  const server = await mysqlServer(name);
  const database = await newMysqlDatabase(server);
  await mysqlQuery(server, sql, { database });
  const dumped = await mysqlDumpOf(mysqlUrl(server, database));
  const found = await mysqlProof(dumped);
  const { flaws = [], omitted = [], warnings } = dumped.scan;
  const all = { ...found, flaws: [...flaws, ...found.flaws], unproven: [...omitted, ...found.unproven] };
  return { ...all, verdict: verdictFrom(all), warnings };
}

/** Values that come back as they were, each in a table of its own. */
const kept = `SET sql_mode = 'ALLOW_INVALID_DATES';
  CREATE TABLE real_numbers (id INT PRIMARY KEY, d DOUBLE, f FLOAT, g FLOAT(20, 3), h DOUBLE(20, 3));
  INSERT INTO real_numbers VALUES (1, 0.1, 0.1, 123456.789, 123456.789), (2, 1e-320, 16777000, 16777217, 9007199254740993), (3, 1.7976931348623157e308, 1e-45, 0, 0), (4, 1.0 / 3, -1.5, -0.001, -0.001);
  CREATE TABLE years (y YEAR, z INT(6) ZEROFILL, n DECIMAL(10, 2) ZEROFILL, b BIT(3), e ENUM('a'), t TIME(6), dt DATETIME(6));
  INSERT INTO years VALUES (0, 42, 1.5, b'101', 'none', '-00:00:00.000001', '2026-01-01 00:00:00.000001'), ('0', 0, 0, 0, 'a', '838:59:59', NULL);
  CREATE TABLE dates (d DATE, at TIMESTAMP NULL); INSERT INTO dates VALUES ('2026-02-31', NULL), ('0000-00-00', '2026-03-29 01:30:00'), ('2026-00-10', NULL);
  CREATE TABLE hidden (id INT, h INT INVISIBLE DEFAULT 7); INSERT INTO hidden (id, h) VALUES (1, 8);
  CREATE TABLE words (w VARCHAR(9) CHARACTER SET latin1, u VARCHAR(9) CHARACTER SET ucs2, s CHAR(9)); INSERT INTO words VALUES (X'81E9FF', 'é', 'a  '), ('a  ', '', '');
  CREATE TABLE negative_zero (id INT PRIMARY KEY, d DOUBLE, f FLOAT); INSERT INTO negative_zero VALUES (1, -0e0, -0e0), (2, 1, 1);`;

/** Columns with values that text does not hold, with the reason. */
const lost: [string, string, RegExp][] = [
  [
    'digits of a FLOAT',
    'CREATE TABLE f (id INT PRIMARY KEY, v FLOAT); INSERT INTO f VALUES (1, 16777216), (2, 123456.789), (3, 3.4028234e38)',
    /column v of f .*more digits/,
  ],
  ['bytes that are no characters', "CREATE TABLE c (w VARCHAR(9) CHARACTER SET cp1250); INSERT INTO c VALUES (X'81'), ('a')", /column w of c .*no characters/],
  [
    "an ENUM's invalid value beside its member ''",
    "SET sql_mode = ''; CREATE TABLE e (v ENUM('', 'a')); INSERT INTO e VALUES ('none'), ('')",
    /column v of e .*no member/,
  ],
];

/** JSON of MySQL, whose values have types that text does not tell apart; and one that text cannot hold. */
const json = {
  kept: `CREATE TABLE j (id INT PRIMARY KEY, doc JSON); INSERT INTO j VALUES
    (1, JSON_OBJECT('price', CAST(1.10 AS DECIMAL(6, 2)), 'at', CAST('2026-01-01 00:00:00' AS DATETIME))), (2, JSON_OBJECT('n', CAST(18446744073709551615 AS UNSIGNED)));`,
  lost: 'CREATE TABLE j (doc JSON); INSERT INTO j VALUES (JSON_ARRAY(CAST(0.12345678901234567890 AS DECIMAL(30, 20))))',
};

describe.each(mysqlServerNames)('on %s', { timeout: coldStart }, (name) => {
  const isMysql = name === 'mysql-9.7';

  it('values come back that look as if they could not', async () => {
    const { verdict, differences, warnings, notes } = await provenFrom(name, isMysql ? `${kept} ${json.kept}` : kept);

    expect({ verdict, differences }).toEqual({ verdict: 'proven', differences: [] });
    if (!isMysql) return;
    expect(warnings.join()).toMatch(/column doc of j \(json\): 1 values hold JSON of types that text does not tell apart/);
    expect(notes.join()).toMatch(/table j: numbers came back equal/);
  });

  it('what comes back otherwise makes the backup partial, and is named; what is computed from it is no other contents', async () => {
    const computed = 'CREATE TABLE g (id INT PRIMARY KEY, v FLOAT, d DOUBLE AS (v * 3) STORED); INSERT INTO g (id, v) VALUES (1, 16777216)';

    const { verdict, unproven, differences } = await provenFrom(name, [...lost.map(([, sql]) => sql), computed, ...(isMysql ? [json.lost] : [])].join(';\n'));

    expect({ verdict, differences }).toEqual({ verdict: 'partial', differences: [] });
    const reasons = [
      ...lost.map(([, , reason]) => reason),
      /column v of g .*more digits/,
      isMysql ? /table j: / : /table g: every stored value came back equal/,
    ];
    for (const reason of reasons) expect(unproven.join('\n')).toMatch(reason);
    expect(unproven).toHaveLength(reasons.length);
  });

  if (name === 'mariadb-10.11') return; // its scratch server is that of 11.8

  it('a rule that rounded values break is told as theirs', async () => {
    const { differences, unproven, flaws } = await provenFrom(name, 'CREATE TABLE h (v FLOAT, CHECK (v > 16777210)); INSERT INTO h VALUES (16777216)');

    expect(differences).toEqual([]);
    expect(unproven.join()).toMatch(/column v of h /);
    expect(flaws).toMatchObject([{ what: expect.stringMatching(/CHECK.* of TABLE h|TABLE h/), remedy: expect.stringContaining('make them DOUBLE') }]);
  });
});
