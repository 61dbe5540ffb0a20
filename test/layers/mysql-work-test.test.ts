import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../core/engines/mysql/family.ts';
import { clientFolders, serverFolders } from '../../core/programs/folders.ts';
import { buildLayer } from '../../layers/layers.ts';
import { mysqlWorkTest } from '../../layers/mysql-work-test.ts';
import { emptyRootAbsence } from '../support/empty-root.ts';
import { temporaryFolder } from '../support/folder.ts';
import { buildOptions, coldStart } from '../support/programs.ts';
import { unprivileged } from '../support/unprivileged.ts';

const families = ['mysql', 'mariadb'] as const;

function copyOf(folder: string): string {
  const copy = join(temporaryFolder(), 'programs');
  cpSync(folder, copy, { recursive: true });
  return copy;
}

const foldersOf = async (family: Family) =>
  [await buildLayer(clientFolders[family], buildOptions()), await buildLayer(serverFolders[family], buildOptions())] as const;

describe.skipIf(emptyRootAbsence)('work in an empty root', () => {
  it.each(families)('is done by the programs of %s', async (family) => mysqlWorkTest(family, ...(await foldersOf(family))), coldStart);

  // an empty root of another kind, which is the same to both families
  it(
    'is done for an ordinary user too',
    async () =>
      expect(await unprivileged(new URL('../../layers/mysql-work-test.ts', import.meta.url), 'mysqlWorkTest', 'mariadb', ...(await foldersOf('mariadb')))).toBe(
        'done',
      ),
    coldStart,
  );

  it.each(families)(
    'fails when the server of %s has no zone data, and names the program that lacks it',
    async (family) => {
      const [tools, server] = await foldersOf(family);
      const harmed = copyOf(server);
      rmSync(join(harmed, 'share/zoneinfo'), { recursive: true });
      await expect(mysqlWorkTest(family, tools, harmed)).rejects.toThrow(/tzinfo.* ended with 1/);
    },
    coldStart,
  );
});
