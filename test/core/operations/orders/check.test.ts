import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ConfigInput, parseConfig } from '../../../../core/config/config.ts';
import { engines } from '../../../../core/engines/engines.ts';
import { checkProving } from '../../../../core/operations/orders/check.ts';
import type { Family } from '../../../../core/programs/tools.ts';
import { systemClock } from '../../../../core/time/clock.ts';
import { LocalTools } from '../../../../local/tools.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { TestLog } from '../../../support/log.ts';
import { coldStart } from '../../../support/programs.ts';

/** Makes what a proof has where one database is configured. */
function platformOf(app: ConfigInput['databases'][string]) {
  const log = new TestLog();
  const config = parseConfig({ databases: { app } }, 'the test');
  return { config, clock: systemClock, log, scratch: temporaryFolder(), tools: new LocalTools(log), engines };
}

it.each<[Family, number | undefined, RegExp, RegExp]>([
  ['postgres', undefined, /^pg_dump .*, psql /, /^PostgreSQL 18.*, 2 tables with 1500 rows of a sample/],
  ['postgres', 15, /^pg_dump .* 18.*, psql /, /^PostgreSQL 15.*, 2 tables with 1500 rows of a sample/],
  ['mysql', undefined, /mysqldump .*9\.7.*, .*mysql .*9\.7/, /^MySQL 9\.7.*, 2 tables with 1500 rows of a sample/],
  ['mariadb', undefined, /mariadb-dump.*11\.8.*, .*mariadb.*11\.8/, /^MariaDB 11\.8.*, 2 tables with 1500 rows of a sample/],
])(
  'what a proof of %s %s needs is looked at: its programs, and a backup that is rehearsed',
  async (family, major, programs, dumped) => {
    const findings = await checkProving(platformOf({ engine: 'postgres', connection: { secret: 's' } }), new AbortController().signal, {
      families: [family],
      major,
    });

    expect(findings.map(({ check, state }) => [check, state])).toEqual([
      ['programs', 'ok'],
      ['scratch server', 'ok'],
      ['dump', 'ok'],
      ['proof', 'ok'],
    ]);
    expect(findings[0]?.found).toMatch(programs);
    expect(findings[2]?.found).toMatch(dumped);
  },
  coldStart,
);

it('where a file is configured, a backup of one is rehearsed by the function that proves it, and by no other', { timeout: coldStart }, async () => {
  const platform = platformOf({ engine: 'sqlite', file: 'a' });
  const checked = (families: Family[], major?: number) => checkProving(platform, new AbortController().signal, { families, major });
  const found = (await checked(['postgres'])).slice(4);
  expect(found).toMatchObject([
    { check: 'scratch file', state: 'ok', found: expect.stringMatching(/^a SQLite database was made in the temporary folder \(/) },
    { check: 'dump', state: 'ok', found: expect.stringMatching(/^SQLite 3\.\S+, 3 tables with 1505 rows of a sample: \d+ bytes \(/) },
    { check: 'proof', state: 'ok', found: expect.stringMatching(/^the sample was restored in a second file, and all of it came back \(/) },
  ]);
  expect(readdirSync(platform.scratch)).toEqual([]);
  for (const others of [await checked(['mysql']), await checked(['postgres'], 15)]) expect(others.filter(({ check }) => check === 'scratch file')).toEqual([]);
  const nowhere = { ...platform, scratch: join(platform.scratch, 'gone') };
  expect(await checkProving(nowhere, new AbortController().signal, { families: ['postgres'] })).toContainEqual(
    expect.objectContaining({ check: 'scratch file', state: 'wrong', found: expect.stringContaining('make a temporary folder') }),
  );
});
