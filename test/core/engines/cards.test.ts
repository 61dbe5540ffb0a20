import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../../core/config/config.ts';
import { cards, deployedWith, engineOfFamily, olderOf, products, proverOf } from '../../../core/engines/cards.ts';
import { folderNames } from '../../../core/programs/folders.ts';
import { programmed } from '../../../core/programs/tools.ts';
import { programsFor } from '../../../infra/programs.ts';
import { configured } from '../../support/synthesized.ts';

describe('what tells engines apart is said by one card alone', () => {
  it.each<[what: string, said: string[]]>([
    ['names', cards.map(({ name }) => name)],
    ['families', products.map(({ family }) => family)],
    ['names of products', products.map(({ name }) => name)],
    ['schemes of URLs', cards.flatMap(({ reach }) => [...reach.schemes])],
    ['keys in a scan', cards.flatMap(({ scan }) => Object.keys(scan))],
    ['client programs', programmed.flatMap(({ programs: { clients } }) => [clients.dump, clients.session])],
    ['folders', [...folderNames]],
    [
      'functions for proofs, but for those that products share',
      [...new Set<string>(products.map(({ prover }) => prover)), ...products.flatMap(olderOf).map(({ prover }) => prover)],
    ],
  ])('%s', (_, said) => {
    expect(said.length).toBeGreaterThan(2);
    expect([...new Set(said)]).toEqual(said);
  });
});

it.each([
  ['sqlite', 'SQLite', 'prove'],
  ['postgres', 'PostgreSQL 15.20', 'provePostgres15'],
  ['postgres', 'PostgreSQL 16.9', 'prove'],
  ['postgres', 'PostgreSQL 17.12 (Debian 17.12-1)', 'provePostgres17'],
  ['postgres', 'PostgreSQL 18.6', 'prove'],
  ['mysql', 'MySQL', 'proveMysql'],
  ['mysql', 'MariaDB', 'prove'],
  ['mysql', 'something new', 'proveMysql'],
] as const)('a dump of %s by %s is proven by %s', (engine, product, prover) => {
  const [, name = '', version = ''] = /^(.*?)(?: (\d.*))?$/.exec(product) ?? [];
  expect(proverOf(engine, { name, version })).toBe(prover);
});

it('a family leads to its engine', () => {
  expect(products.map(({ family }) => engineOfFamily(family))).toEqual(['sqlite', 'postgres', 'mysql', 'mysql']);
});

it('a stack carries the programs of configured engines on servers, and those that every stack has', () => {
  expect(deployedWith([]).map(({ name }) => name)).toEqual(['postgres']);
  expect(deployedWith(['sqlite', 'mysql']).map(({ name }) => name)).toEqual(['postgres', 'mysql']);
});

it('all servers together are too large for one function: they are parted among the provers', () => {
  const connection = { secret: 'prod/main' };
  const both = configured({ databases: { main: { engine: 'postgres', connection }, shop: { engine: 'mysql', connection } } });
  expect(programsFor(both)).toEqual({
    dump: ['database-tools', 'mysql-tools', 'mariadb-tools'],
    provers: {
      prove: ['database-tools', 'database-servers', 'mariadb-tools', 'mariadb-server'],
      proveMysql: ['mysql-tools', 'mysql-server'],
      ...older,
    },
  });
});

const older = {
  provePostgres15: ['database-tools', 'database-servers-15', 'database-servers'],
  provePostgres17: ['database-tools', 'database-servers-17', 'database-servers'],
};

describe('a stack carries the servers of older versions', () => {
  const connection = { secret: 'prod/main' };
  const { provePostgres15, provePostgres17 } = older;
  const postgres = (version?: number) => ({ engine: 'postgres' as const, connection, ...(version && { version }) });

  it.each<[what: string, databases: ConfigInput['databases'], carried: object]>([
    ['all of them, unless it is known which are backed up', { main: postgres(), shop: postgres(15) }, older],
    ['that a database is of', { main: postgres(15), shop: postgres(18) }, { provePostgres15 }],
    ['none for 16, which Debian has not', { main: postgres(16), shop: postgres(17) }, { provePostgres17 }],
    ['none for databases of the newest', { main: postgres(18) }, {}],
    ['none where none is configured', { shop: { engine: 'mysql', connection } }, {}],
  ])('%s', (_, databases, carried) => {
    const { prove, proveMysql, ...others } = programsFor(configured({ databases })).provers;
    expect(others).toEqual(carried);
  });
});
