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

/** Returns the folder, and Debian's package, of the server that proves a family's dumps of a major version. */
export function serverFor(family: Family, major: number): { folder: FolderName; package: string } {
  const product = programmed.find((each) => each.family === family) as Programmed;
  return olderServers[family].find((each) => each.major === major) ?? product.programs.server;
}

/** Returns the version that a package has of its program: `15.18` of `15.18-0+deb12u1`. */
export function versionIn(packages: readonly { package: string; version: string }[], name: string): string | undefined {
  return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(packages.find((each) => each.package === name)?.version ?? '')?.[1];
}

export type FolderName = (typeof clientFolders | typeof serverFolders)[Family] | Older['folder'];

/** Every folder of programs, the clients' first. */
export const folderNames: readonly FolderName[] = [
  ...Object.values(clientFolders),
  ...Object.values(serverFolders),
  ...Object.values(olderServers).flatMap((servers) => servers.map(({ folder }) => folder)),
];
