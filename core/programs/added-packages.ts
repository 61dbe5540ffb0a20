import type { Database } from '../config/config.ts';
import { engineOfFamily, olderOf } from '../engines/cards.ts';
import type { FolderName } from './folders.ts';
import { programmed } from './tools.ts';

/**
 * Lists Debian's packages that databases want in a folder of programs besides its own: extensions of its server. All
 * databases share a folder.
 */
export function addedPackages(databases: Readonly<Record<string, Database>>, folder: FolderName): string[] {
  const servers = programmed.flatMap((product) =>
    [product.programs.server, ...olderOf(product)].map((server) => ({
      folder: server.folder,
      package: server.package,
      engine: engineOfFamily(product.family),
    })),
  );
  const server = servers.find((each) => each.folder === folder);
  if (!server) return [];
  const wanted = Object.values(databases).flatMap((database) =>
    database.engine === server.engine && 'scratchServer' in database ? database.scratchServer.packages : [],
  );
  return [...new Set(wanted)].sort().map((name) => `${server.package}-${name}`);
}
