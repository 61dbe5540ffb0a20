import * as z from 'zod';
import { readWhole } from '../bytes/stored.ts';
import type { Vault } from '../vault/vault.ts';
import { parseDocument, writeDocument } from './document.ts';
import { flawSchema } from './flaw.ts';

/**
 * Verdict of restoring a backup. `none`: no proof was due, or it
 * could not be made. `partial`: restored; something could not be compared here.
 * `flawed`: the dump's rows came back equal; because of the source's own contents named statements do not run, or named
 * rows are not in the dump.
 * `refuted`: rows or bytes are missing or altered.
 */
export const verdictSchema = z.enum(['none', 'proven', 'partial', 'flawed', 'refuted']);
export type Verdict = z.output<typeof verdictSchema>;

export const proofSchema = z.object({
  format: z.literal('sauvegarde-proof'),
  version: z.literal(1),
  backup: z.string(),
  verdict: verdictSchema,
  at: z.iso.datetime(),
  /** Duration of the whole proof, and of the restore alone. */
  seconds: z.number(),
  restoreSeconds: z.number(),
  /** Differences between the restored database and the dump's scan; reasons for `refuted`. */
  differences: z.array(z.string()),
  /** Statements that do not run, because of what the source holds; reasons for `flawed`. */
  flaws: z.array(flawSchema).default([]),
  /** Parts that could not be restored or checked; reasons for `partial`. */
  unproven: z.array(z.string()),
  /** Other remarks from the restore. */
  notes: z.array(z.string()),
});

export type Proof = z.output<typeof proofSchema>;

/**
 * Reads the proof under this key. Throws ObjectMissingError if the vault has none, DocumentInvalidError if it cannot be
 * understood.
 */
export async function readProof(vault: Vault, key: string): Promise<Proof> {
  return parseDocument(proofSchema, await readWhole(vault, key), key);
}

/** Derives the verdict of a restore from its findings: the gravest one decides. */
export function verdictFrom({ differences, flaws, unproven }: Pick<Proof, 'differences' | 'flaws' | 'unproven'>): Verdict {
  if (differences.length > 0) return 'refuted';
  if (flaws.length > 0) return 'flawed';
  return unproven.length > 0 ? 'partial' : 'proven';
}

export function writeProof(proof: Proof): Uint8Array {
  return writeDocument(proof);
}
