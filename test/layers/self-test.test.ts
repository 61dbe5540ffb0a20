import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildLayer, cacheFolder } from '../../layers/layers.ts';
import { architectures, ownArchitecture } from '../../layers/recipe/architecture.ts';
import { selfTest } from '../../layers/self-test.ts';
import { temporaryFolder } from '../support/folder.ts';
import { TestLog } from '../support/log.ts';
import { coldStart, serverFolder, toolsFolder } from '../support/programs.ts';

describe('the self-test', () => {
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

  it.each(architectures.filter((each) => each !== ownArchitecture()))(
    'finds the tree for %s whole',
    async (architecture) => {
      const options = { architecture, cache: cacheFolder(), mode: 'newest', log: new TestLog(), signal: AbortSignal.timeout(coldStart) } as const;
      expect((await selfTest(await buildLayer('database-tools', options))).faults).toEqual([]);
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
