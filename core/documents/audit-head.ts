import * as z from 'zod';
import { readWhole } from '../bytes/stored.ts';
import type { Vault } from '../vault/vault.ts';
import { parseDocument, writeDocument } from './document.ts';

/** The end of the audit log at an instant. It lies in the vault, where nothing is overwritten. */
const headSchema = z.object({
  format: z.literal('sauvegarde-audit-head'),
  version: z.literal(1),
  at: z.iso.datetime(),
  /** Number and hash of the last entry. */
  sequence: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

export type AuditHead = z.output<typeof headSchema>;

/** Reads the head under this key. Throws DocumentInvalidError if it cannot be understood. */
export async function readHead(vault: Vault, key: string): Promise<AuditHead> {
  return parseDocument(headSchema, await readWhole(vault, key), key);
}

export function writeHead(head: AuditHead): Uint8Array {
  return writeDocument(head);
}
