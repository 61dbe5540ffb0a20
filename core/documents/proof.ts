import * as z from 'zod';
import { parseDocument, writeDocument } from './document.ts';

/** Verdict of restoring a backup. `none` means that no proof was due. */
export const verdictSchema = z.enum(['none', 'proven', 'partial', 'refuted']);
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
  /** Parts that could not be restored or checked; reasons for `partial`. */
  unproven: z.array(z.string()),
  /** Other remarks from the restore. */
  notes: z.array(z.string()),
});

export type Proof = z.output<typeof proofSchema>;

export function parseProof(bytes: Uint8Array, origin: string): Proof {
  return parseDocument(proofSchema, bytes, origin);
}

export function writeProof(proof: Proof): Uint8Array {
  return writeDocument(proof);
}
