import { StorageRefusedError } from '../errors.ts';

/** The catalogue's file is damaged. Setting it aside and rebuilding from the vault is all that helps. */
export class DamagedCatalogueError extends StorageRefusedError {
  constructor(path: string, found: string, options?: ErrorOptions) {
    super(
      `the catalogue ${path} is damaged (${found}). The backups are in the vault, and whole. "sauvegarde rebuild" sets the damaged file aside and makes a new one from the vault`,
      options,
    );
  }
}
