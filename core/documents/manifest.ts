import * as z from 'zod';
import { readWhole } from '../bytes/stored.ts';
import { engineNames } from '../engines/cards.ts';
import type { ReadableVault } from '../vault/vault.ts';
import { parseDocument, writeDocument } from './document.ts';
import { basisSchema, verdictSchema } from './proof.ts';
import { identitySchema } from './source-identity.ts';
import { storedSchema } from './stored-object.ts';

/**
 * A backup exists exactly when its manifest exists, which holds everything that a restore without the catalogue needs.
 */
const manifestSchema = z.object({
  format: z.literal('sauvegarde-manifest'),
  /** 2 if the dump is encrypted, which readers of version 1 know nothing of. */
  version: z.literal([1, 2]),
  id: z.string(),
  database: z.string(),
  engine: z.enum(engineNames),
  kind: z.enum(['scheduled', 'manual']),
  /** Instant that the run serves, and instant at which it really read the source. */
  slot: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  publishedAt: z.iso.datetime(),
  /** Duration of the dump step. */
  seconds: z.number(),
  requestedBy: z.string(),
  /** Occasion of a backup that nobody has asked for by itself. */
  reason: z.string().optional(),
  /**
   * File that others had made, if the dump is its contents: its name, its SHA-256, the time of its last change.
   */
  adopted: z.object({ file: z.string(), sha256: z.string(), modified: z.iso.datetime() }).optional(),
  /** Identity of the source; missing if it told none. */
  identity: identitySchema.optional(),
  compression: z.enum(['zstd', 'gzip', 'none']),
  dump: storedSchema,
  scan: storedSchema,
  proof: z.object({
    verdict: verdictSchema,
    basis: basisSchema.optional(),
    key: z.string().optional(),
    at: z.iso.datetime().optional(),
    seconds: z.number().optional(),
  }),
  totals: z.object({ tables: z.int(), rows: z.int(), /** before compression */ bytes: z.int() }),
  /** Plain commands that restore this backup without Sauvegarde. */
  restore: z.array(z.string()),
});

export type Manifest = z.output<typeof manifestSchema>;

/**
 * Reads the manifest under this key. Throws ObjectMissingError if the vault has none, DocumentInvalidError if it cannot
 * be understood.
 */
export async function readManifest(vault: ReadableVault, key: string): Promise<Manifest> {
  return parseDocument(manifestSchema, await readWhole(vault, key), key);
}

export function writeManifest(manifest: Manifest): Uint8Array {
  return writeDocument(manifest);
}
