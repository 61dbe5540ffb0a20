/** Measured bytes of a row in a plain dump, so that `--size` is about the dump's size. */
const tables = [
  {
    name: 'customers',
    share: 0.3,
    rowBytes: 312,
    columns: `id bigint PRIMARY KEY, name text NOT NULL, email text, phone text, street text, city text, zip int, country char(2), born date, created timestamptz, seen timestamptz,
      visits int, spent numeric(12,2), discount real, rating double precision, vip boolean, tags text[], referrer uuid, note text, score smallint`,
    row: `i, 'Customer ' || md5(i::text), 'user' || i || '@mail' || i % 50 || '.example.org', '+33 ' || (i * 7919 % 1000000000), (i % 300) || ' rue ' || substr(md5((i % 9000)::text), 1, 9),
      (ARRAY['Cayenne', 'Kourou', 'Paris', 'Lyon', 'Saint-Denis'])[1 + i % 5], 10000 + i * 31 % 80000, 'FR', date '1950-01-01' + (i * 13 % 20000)::int,
      timestamptz '2020-01-01' + i * interval '97 seconds', timestamptz '2025-01-01' + i * interval '1.37 seconds', i % 1000, (i * 7717 % 10000000) / 100.0, (i % 100) / 7.0::real,
      sin(i), i % 17 = 0, ARRAY['tag' || i % 30, 'é' || i % 7], md5('r' || i)::uuid, CASE WHEN i % 3 = 0 THEN NULL ELSE 'line one\nand' || chr(9) || 'two of ' || i END, i % 100`,
  },
  {
    name: 'readings',
    share: 0.25,
    rowBytes: 49,
    columns: 'sensor int, at timestamptz, value numeric(10,3), PRIMARY KEY (sensor, at)',
    row: `i % 500, timestamptz '2024-01-01' + i / 500 * interval '1 minute' + i % 60 * interval '1 millisecond', (i * 7919 % 10000019) / 1000.0`,
  },
  {
    name: 'events',
    share: 0.25,
    rowBytes: 264,
    columns: 'id bigint PRIMARY KEY, content jsonb NOT NULL',
    row: `i, jsonb_build_object('kind', (ARRAY['click', 'view', 'order'])[1 + i % 3], 'user', i * 31 % 100000, 'session', md5((i / 10)::text), 'at', timestamp '2025-01-01' + i * interval '1 second',
      'price', (i * 7919 % 100000) / 100.0, 'path', '/shop/' || i % 1000 || '/item/' || i * 17 % 50000, 'agent', jsonb_build_object('os', 'Linux', 'version', i % 40, 'mobile', i % 2 = 0))`,
  },
  {
    name: 'articles',
    share: 0.2,
    rowBytes: 3062,
    columns: 'id bigint PRIMARY KEY, title text, body text',
    row: `i, 'Article ' || i, (SELECT string_agg(CASE WHEN w % 4 = 0 THEN md5((i * w % 100003)::text) ELSE (ARRAY['the database', 'was restored', 'and every row', 'le résumé', 'of the night'])[1 + (i * w) % 5] END, ' ')
      FROM generate_series(1, 160) w)`,
  },
];

/**
 * Writes the SQL of a database whose plain dump has about `bytes` bytes: wide and narrow rows, text, numbers, times and
 * jsonb. The same bytes each time.
 */
export function sampleSql(bytes: number): string {
  const made = tables.map(({ name, share, rowBytes, columns, row }) => {
    const rows = Math.ceil((bytes * share) / rowBytes);
    return `CREATE TABLE ${name} (${columns});\nINSERT INTO ${name} SELECT ${row} FROM generate_series(1::bigint, ${rows}) i;`;
  });
  return [...made, 'CREATE INDEX ON customers (email);', 'CHECKPOINT;', 'VACUUM ANALYZE;'].join('\n');
}
