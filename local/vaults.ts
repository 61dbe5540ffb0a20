import { revealHere } from '../core/aws/reveal-anywhere.ts';
import type { VaultLocation } from '../core/config/config.ts';
import type { Log } from '../core/platform.ts';
import { FolderVault } from '../core/vault/folder.ts';
import type { MachineVault } from './machine-vault.ts';

export interface VaultSurroundings {
  /** Names the process in unfinished files. */
  writer: string;
  /** Folder that remembers what stores can do. */
  state: string;
  log: Pick<Log, 'info'>;
}

/** Opens a vault of the configuration. Loads the client of S3 only for a bucket. Sends no request. */
export async function openVault(location: VaultLocation, { writer, state, log }: VaultSurroundings): Promise<MachineVault> {
  if (typeof location === 'string') return new FolderVault(location, writer);
  const [{ BucketVault }, { storeClient }] = await Promise.all([import('./bucket-vault.ts'), import('../core/aws/store-client.ts')]);
  return new BucketVault(storeClient(location.s3, revealHere), location.s3, { state, log });
}
