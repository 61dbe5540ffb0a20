import { storeDocument } from '../../bytes/stored.ts';
import type { Author } from '../../catalogue/audit.ts';
import { detailText } from '../../catalogue/audit-details.ts';
import { type Machine, readOwner, writeOwner } from '../../documents/vault-owner.ts';
import { ObjectExistsError, VaultOwnedError } from '../../errors.ts';
import { ownerKey } from '../../names.ts';
import type { Platform, With } from '../../platform.ts';

type Owning = With<'vault'> & Pick<Platform, 'machine'>;

/**
 * Throws VaultOwnedError if the vault belongs to another machine. A home without a machine, such as AWS, has a vault of
 * its own.
 */
export async function refuseStranger(platform: Owning): Promise<void> {
  const { machine, config, vault } = platform;
  const owner = machine && (await readOwner(vault)).owner;
  if (!machine || !owner || owner.mark === machine.mark) return;
  throw new VaultOwnedError(
    `the vault ${config.local.vault} belongs to the machine ${owner.name} since ${owner.since}, and this is ${machine.name}: two machines in one vault would retire each other's backups. Name another folder in local.vault; or, if ${owner.name} no longer writes into it, take it over: sauvegarde rebuild --take-over`,
  );
}

/** Makes a vault without an owner this machine's. Throws VaultOwnedError if it belongs to another one. */
export async function claimVault(platform: Owning): Promise<void> {
  const { machine, vault } = platform;
  if (!machine) return;
  const { number, owner } = await readOwner(vault);
  if (!owner) await claim(platform, machine, number + 1);
  await refuseStranger(platform); // another one may have been faster
}

/** Makes the vault this machine's. Returns the name of its owner before; undefined if it was this machine's already. */
export async function takeOver(platform: Owning & With<'catalogue'>, { by, claimed }: Author): Promise<string | undefined> {
  const { machine, vault } = platform;
  const { number, owner } = await readOwner(vault);
  if (!machine || !owner || owner.mark === machine.mark) return undefined;
  await claim(platform, machine, number + 1);
  const detail = detailText({ about: 'owner', name: owner.name, since: owner.since });
  await platform.catalogue.audit.append({ at: platform.clock.now().toISOString(), by, claimed, action: 'vault-taken-over', subject: 'vault', detail });
  return owner.name;
}

async function claim(platform: Owning, { mark, name }: Machine, number: number): Promise<void> {
  const owner = { format: 'sauvegarde-vault-owner', version: 1, mark, name, since: platform.clock.now().toISOString() } as const;
  try {
    await storeDocument(platform.vault, ownerKey(number), writeOwner(owner));
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error;
  }
}
