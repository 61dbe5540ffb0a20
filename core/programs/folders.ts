import { type Older, olderOf } from '../engines/cards.ts';
import { type Family, type Programmed, programmed } from './tools.ts';

type Of<Name extends Family> = Extract<Programmed, { family: Name }>['programs'];

/** Folder of each family's client programs. */
export const clientFolders = Object.fromEntries(programmed.map(({ family, programs: { clients } }) => [family, clients.folder])) as {
  readonly [Name in Family]: Of<Name>['clients']['folder'];
};

/** Folder of each family's scratch server. */
export const serverFolders = Object.fromEntries(programmed.map(({ family, programs: { server } }) => [family, server.folder])) as {
  readonly [Name in Family]: Of<Name>['server']['folder'];
};

/** Servers of older versions, by family. */
export const olderServers = Object.fromEntries(programmed.map((product) => [product.family, olderOf(product)])) as {
  readonly [Name in Family]: readonly Older[];
};

export type FolderName = (typeof clientFolders | typeof serverFolders)[Family] | Older['folder'];

/** Every folder of programs, the clients' first. */
export const folderNames: readonly FolderName[] = [
  ...Object.values(clientFolders),
  ...Object.values(serverFolders),
  ...Object.values(olderServers).flatMap((servers) => servers.map(({ folder }) => folder)),
];
