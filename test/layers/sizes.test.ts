import { describe, expect, it } from 'vitest';
import { clientFolders, olderServers, serverFolders } from '../../core/programs/folders.ts';
import { buildLayer, type FolderName, unpackedSize } from '../../layers/layers.ts';
import { buildOptions, coldStart } from '../support/programs.ts';

/** What Lambda unpacks at most for a function and its layers (developer guide, "Lambda quotas": 250 MB), less 2 MB for a function of ours. */
const limit = 248_000_000;
const clients = Object.values(clientFolders);

/** What can be put beside each other. All servers together are too large for one function. */
const combinations: [string, FolderName[]][] = [
  ['all clients', clients],
  ['all clients, and the servers of PostgreSQL and MariaDB', [...clients, serverFolders.postgres, serverFolders.mariadb]],
  ...olderServers.postgres.map(({ major, folder }): [string, FolderName[]] => [
    `clients of PostgreSQL, the server ${major} and the newest`,
    [clientFolders.postgres, folder, serverFolders.postgres],
  ]),
  ['clients and server of MySQL', [clientFolders.mysql, serverFolders.mysql]],
];

// those of the other architecture are built from the same packages, and differ little; building all of them for it would take the suite minutes
describe.each([buildOptions().architecture])('for %s', (architecture) => {
  it.each(combinations)(
    '%s fit into one function',
    async (_, names) => {
      const sizes = await Promise.all(names.map((name) => sizeOf(name)));
      expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(limit);
      expect(Math.min(...sizes)).toBeGreaterThan(10_000_000);
    },
    coldStart,
  );

  async function sizeOf(name: FolderName): Promise<number> {
    return unpackedSize(await buildLayer(name, { ...buildOptions(), architecture }));
  }
});
