import { revealHere } from '../core/aws/reveal-anywhere.ts';
import type { VaultLocation } from '../core/config/config.ts';
import type { Keys } from '../core/encryption/keys.ts';
import type { Log } from '../core/platform.ts';
import { FolderVault } from '../core/vault/folder.ts';
import { AnsweringVault } from './answering-vault.ts';
import type { MachineVault } from './machine-vault.ts';

export interface VaultSurroundings {
  /** Names the process in unfinished files. */
  writer: string;
  /** Folder that remembers what stores can do. */
  state: string;
  /** Keys of what is stored there. */
  keys: Keys;
  log: Pick<Log, 'info'>;
}

/** Opens a vault of the configuration. Loads the client of S3 only for a bucket. Sends no request. */
export async function openVault(location: VaultLocation, { keys, log, state, writer }: VaultSurroundings): Promise<MachineVault> {
  if (typeof location === 'string') return Object.assign(new AnsweringVault(new FolderVault(location, writer)), { keys });
  const [{ BucketVault }, { storeClient }] = await Promise.all([import('./bucket-vault.ts'), import('../core/aws/store-client.ts')]);
  return Object.assign(new BucketVault(storeClient(location.s3, revealHere), location.s3, { state, log }), { keys });
}
