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

export type FolderName = (typeof clientFolders | typeof serverFolders)[Family];
