import { type Family, type Programmed, programmed } from './tools.ts';

type Of<Name extends Family> = Extract<Programmed, { family: Name }>['programs'];

/** The folder that each family's client programs are in. */
export const clientFolders = Object.fromEntries(programmed.map(({ family, programs: { clients } }) => [family, clients.folder])) as {
  readonly [Name in Family]: Of<Name>['clients']['folder'];
};

/** The folder that each family's scratch server is in. */
export const serverFolders = Object.fromEntries(programmed.map(({ family, programs: { server } }) => [family, server.folder])) as {
  readonly [Name in Family]: Of<Name>['server']['folder'];
};

export type FolderName = (typeof clientFolders | typeof serverFolders)[Family];
