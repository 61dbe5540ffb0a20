import * as z from 'zod';
import { readWhole } from '../bytes/stored.ts';
import { DocumentInvalidError } from '../errors.ts';
import { ownersPrefix } from '../names.ts';
import type { Vault } from '../vault/vault.ts';
import { parseDocument, writeDocument } from './document.ts';

/** Machine whose backups a vault holds. */
const ownerSchema = z.object({
  format: z.literal('sauvegarde-vault-owner'),
  version: z.literal(1),
  /** Text by which the machine is known again. */
  mark: z.string().min(1),
  /** Name of the machine, for people. */
  name: z.string(),
  since: z.iso.datetime(),
});

export type VaultOwner = z.output<typeof ownerSchema>;
/** Machine that writes into vaults. */
export type Machine = Pick<VaultOwner, 'mark' | 'name'>;

/**
 * Reads the present owner. It is undefined if the vault has none, or if its record cannot be understood: a damaged
 * record costs no backup. `number` counts the records.
 */
export async function readOwner(vault: Vault): Promise<{ number: number; owner: VaultOwner | undefined }> {
  const newest = (await vault.list(ownersPrefix))
    .map(({ key }) => key)
    .filter((key) => /\/\d{6}\.json$/.test(key))
    .at(-1);
  if (newest === undefined) return { number: 0, owner: undefined };
  const number = Number(newest.slice(ownersPrefix.length, -'.json'.length));
  try {
    return { number, owner: parseDocument(ownerSchema, await readWhole(vault, newest), newest) };
  } catch (error) {
    if (error instanceof DocumentInvalidError) return { number, owner: undefined };
    throw error;
  }
}

export function writeOwner(owner: VaultOwner): Uint8Array {
  return writeDocument(owner);
}
