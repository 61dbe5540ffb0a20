import * as z from 'zod';
import { readWhole } from '../bytes/stored.ts';
import type { ReadableVault, Vault } from '../vault/vault.ts';
import { jsonIn, parseDocument, understood, writeDocument } from './document.ts';
import { flawSchema } from './flaw.ts';
import { seal, unsealed } from './sealed.ts';

/**
 * Verdict of restoring a backup. `none`: no proof was due, or it
 * could not be made. `partial`: restored; something could not be compared here.
 * `flawed`: the dump's rows came back equal; because of the source's own contents named statements do not run, or named
 * rows are not in the dump.
 * `refuted`: rows or bytes are missing or altered.
 */
export const verdictSchema = z.enum(['none', 'proven', 'partial', 'flawed', 'refuted']);
export type Verdict = z.output<typeof verdictSchema>;

/**
 * Bytes that were restored, if not the stored ones. `before-encryption`: those that were then encrypted; the stored
 * file has the checksum of the result, and was not opened.
 */
export const basisSchema = z.literal('before-encryption');

export const proofSchema = z.object({
  format: z.literal('sauvegarde-proof'),
  version: z.literal(1),
  backup: z.string(),
  verdict: verdictSchema,
  /** Missing in a proof of stored bytes. */
  basis: basisSchema.optional(),
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

/** The part of a proof that a sealed one, version 2, leaves readable. */
const outlineSchema = proofSchema
  .pick({ format: true, backup: true, verdict: true, basis: true, at: true, seconds: true, restoreSeconds: true })
  .extend({ version: z.literal([1, 2]) });
export type ProofOutline = z.output<typeof outlineSchema>;

/**
 * Reads the proof under this key. Throws ObjectMissingError if the vault has none, KeyMissingError if it is sealed and
 * nothing here opens it, DocumentInvalidError if it cannot be understood.
 */
export async function readProof(vault: ReadableVault, key: string): Promise<Proof> {
  return understood(proofSchema, await unsealed(vault.keys, jsonIn(await readWhole(vault, key), key), key), key);
}

/** Reads the part of a proof that is readable without any key, and throws as `readProof` does. */
export async function readProofOutline(vault: ReadableVault, key: string): Promise<ProofOutline> {
  return parseDocument(outlineSchema, await readWhole(vault, key), key);
}

/** Derives the verdict of a restore from its findings: the gravest one decides. */
export function verdictFrom({ differences, flaws, unproven }: Pick<Proof, 'differences' | 'flaws' | 'unproven'>): Verdict {
  if (differences.length > 0) return 'refuted';
  if (flaws.length > 0) return 'flawed';
  return unproven.length > 0 ? 'partial' : 'proven';
}

/** Seals a proof for the recipients of a vault; its verdict and times stay readable. */
export function sealProof({ keys }: Pick<Vault, 'keys'>, proof: Proof): Promise<Uint8Array> {
  const { format, backup, verdict, basis, at, seconds, restoreSeconds } = proof;
  return seal(keys, writeProof(proof), { format, backup, verdict, ...(basis && { basis }), at, seconds, restoreSeconds });
}

export function writeProof(proof: Proof): Uint8Array {
  return writeDocument(proof);
}
