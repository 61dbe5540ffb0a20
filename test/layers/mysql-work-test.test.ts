import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clientFolders, serverFolders } from '../../core/programs/folders.ts';
import { buildLayer } from '../../layers/layers.ts';
import { mysqlWorkTest } from '../../layers/mysql-work-test.ts';
import { emptyRootAbsence } from '../support/empty-root.ts';
import { temporaryFolder } from '../support/folder.ts';
import { buildOptions, coldStart } from '../support/programs.ts';
import { unprivileged } from '../support/unprivileged.ts';

function copyOf(folder: string): string {
  const copy = join(temporaryFolder(), 'programs');
  cpSync(folder, copy, { recursive: true });
  return copy;
}

describe.skipIf(emptyRootAbsence).each(['mysql', 'mariadb'] as const)('work in an empty root, by the programs of %s', (family) => {
  const folders = async () => [await buildLayer(clientFolders[family], buildOptions()), await buildLayer(serverFolders[family], buildOptions())] as const;

  it('is done', async () => mysqlWorkTest(family, ...(await folders())), coldStart);

  it(
    'is done for an ordinary user too',
    async () =>
      expect(await unprivileged(new URL('../../layers/mysql-work-test.ts', import.meta.url), 'mysqlWorkTest', family, ...(await folders()))).toBe('done'),
    coldStart,
  );

  it(
    'fails when the server has no zone data, and names the program that lacks it',
    async () => {
      const [tools, server] = await folders();
      const harmed = copyOf(server);
      rmSync(join(harmed, 'share/zoneinfo'), { recursive: true });
      await expect(mysqlWorkTest(family, tools, harmed)).rejects.toThrow(/tzinfo.* ended with 1/);
    },
    coldStart,
  );
});
