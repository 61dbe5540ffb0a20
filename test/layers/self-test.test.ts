import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildLayer, type FolderName, layerNames } from '../../layers/layers.ts';
import { architectures, ownArchitecture } from '../../layers/recipe/architecture.ts';
import { selfTest } from '../../layers/self-test.ts';
import { emptyRootAbsence } from '../support/empty-root.ts';
import { temporaryFolder } from '../support/folder.ts';
import { buildOptions, coldStart, serverFolder, toolsFolder } from '../support/programs.ts';

describe.skipIf(emptyRootAbsence)('the self-test', () => {
  it(
    'runs every tool in an empty root as a user without a name',
    async () => {
      const { faults, versions } = await selfTest(await toolsFolder());
      expect(faults).toEqual([]);
      expect(Object.keys(versions)).toEqual(['pg_dump', 'pg_dumpall', 'pg_restore', 'psql', 'sqlite3', 'zstd']);
      expect(versions.pg_dump).toMatch(/^pg_dump \(PostgreSQL\) 18\./);
    },
    coldStart,
  );

  it(
    'runs the server programs there too',
    async () => {
      const { faults, versions } = await selfTest(await serverFolder(18));
      expect(faults).toEqual([]);
      expect(Object.keys(versions)).toEqual(['initdb', 'pg_ctl', 'postgres']);
    },
    coldStart,
  );

  it.each<[FolderName, Record<string, RegExp>]>([
    ['mysql-tools', { mysql: /Ver 9\.7/, mysqldump: /Ver 9\.7/ }],
    ['mysql-server', { mysqld: /Ver 9\.7/, mysql_tzinfo_to_sql: /^\w/ }],
    ['mariadb-tools', { mariadb: /11\.8\S*-MariaDB/, 'mariadb-dump': /11\.8\S*-MariaDB/ }],
    ['mariadb-server', { 'mariadb-install-db': /11\.8\S*-MariaDB/, mariadbd: /11\.8\S*-MariaDB/, 'mariadb-tzinfo-to-sql': /11\.8\S*-MariaDB/ }],
  ])(
    'runs every program of %s, which is of that version',
    async (name, expected) => {
      const { faults, versions } = await selfTest(await buildLayer(name, buildOptions()));
      expect(faults).toEqual([]);
      expect(versions).toEqual(Object.fromEntries(Object.entries(expected).map(([program, version]) => [program, expect.stringMatching(version)])));
    },
    coldStart,
  );

  it.each(architectures.filter((each) => each !== ownArchitecture()).flatMap((each) => layerNames.map((name) => [name, each] as const)))(
    'finds the tree of %s for %s whole',
    async (name, architecture) => {
      expect((await selfTest(await buildLayer(name, { ...buildOptions(), architecture }))).faults).toEqual([]);
    },
    coldStart,
  );

  it.each<[string, (folder: string) => void, string]>([
    ['a library that was changed', (folder) => writeFileSync(join(folder, 'lib', 'libpq.so.5'), 'nonsense'), 'lib/libpq.so.5 is not what was built'],
    ['a program that is missing', (folder) => rmSync(join(folder, 'libexec', 'psql')), 'libexec/psql is missing'],
    ['a file too many', (folder) => writeFileSync(join(folder, 'lib', 'libextra.so'), ''), 'lib/libextra.so was not built'],
    ['a loader that nobody may run', (folder) => chmodSync(join(folder, 'lib', loader), 0o644), 'zstd ended with 126'],
  ])(
    'finds %s',
    async (_, harm, fault) => {
      const folder = join(temporaryFolder(), 'tools');
      cpSync(await toolsFolder(), folder, { recursive: true });
      harm(folder);
      expect((await selfTest(folder)).faults.join('\n')).toContain(fault);
    },
    coldStart,
  );
});

const loader = process.arch === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2';
