import { expect, it } from 'vitest';
import { parseConfig } from '../../../../core/config/config.ts';
import { engines } from '../../../../core/engines/engines.ts';
import { checkProving } from '../../../../core/operations/orders/check.ts';
import type { Family } from '../../../../core/programs/tools.ts';
import { systemClock } from '../../../../core/time/clock.ts';
import { LocalTools } from '../../../../local/tools.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { TestLog } from '../../../support/log.ts';
import { coldStart } from '../../../support/programs.ts';

it.each<[Family, number | undefined, RegExp, RegExp]>([
  ['postgres', undefined, /^pg_dump .*, psql /, /^PostgreSQL 18.*, 2 tables with 1500 rows of a sample/],
  ['postgres', 15, /^pg_dump .* 18.*, psql /, /^PostgreSQL 15.*, 2 tables with 1500 rows of a sample/],
  ['mysql', undefined, /mysqldump .*9\.7.*, .*mysql .*9\.7/, /^MySQL 9\.7.*, 2 tables with 1500 rows of a sample/],
  ['mariadb', undefined, /mariadb-dump.*11\.8.*, .*mariadb.*11\.8/, /^MariaDB 11\.8.*, 2 tables with 1500 rows of a sample/],
])(
  'what a proof of %s %s needs is looked at: its programs, and a backup that is rehearsed',
  async (family, major, programs, dumped) => {
    const log = new TestLog();
    const config = parseConfig({ databases: { app: { engine: 'sqlite', file: 'a' } } }, 'the test');

    const findings = await checkProving(
      { config, clock: systemClock, log, scratch: temporaryFolder(), tools: new LocalTools(log), engines },
      new AbortController().signal,
      { families: [family], major },
    );

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
