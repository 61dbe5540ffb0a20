import * as z from 'zod';
import { readWhole } from '../bytes/stored.ts';
import type { Vault } from '../vault/vault.ts';
import { parseDocument, writeDocument } from './document.ts';

/** An order about a backup, beside its manifest: from now on it is held, or no longer. The newest one counts. */
const holdSchema = z.object({
  format: z.literal('sauvegarde-hold'),
  version: z.literal(1),
  backup: z.string(),
  state: z.enum(['held', 'released']),
  by: z.string(),
  at: z.iso.datetime(),
  reason: z.string(),
});

export type HoldOrder = z.output<typeof holdSchema>;

/** Reads the order under this key. Throws DocumentInvalidError if it cannot be understood. */
export async function readHold(vault: Vault, key: string): Promise<HoldOrder> {
  return parseDocument(holdSchema, await readWhole(vault, key), key);
}

export function writeHold(order: HoldOrder): Uint8Array {
  return writeDocument(order);
}
