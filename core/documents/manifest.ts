import * as z from 'zod';
import { engineNames } from '../engines/cards.ts';
import { parseDocument, writeDocument } from './document.ts';
import { verdictSchema } from './proof.ts';

export const storedSchema = z.object({
  key: z.string(),
  size: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  crc32: z.string().regex(/^[0-9a-f]{8}$/),
});

/**
 * An object in the vault, measured on its way there. `sha256` and `crc32` are hexadecimal and cover the stored bytes.
 */
export type StoredObject = z.output<typeof storedSchema>;

/**
 * A backup exists exactly when its manifest exists, which holds everything that a restore without the catalogue needs.
 */
const manifestSchema = z.object({
  format: z.literal('sauvegarde-manifest'),
  version: z.literal(1),
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
  compression: z.enum(['zstd', 'gzip', 'none']),
  dump: storedSchema,
  scan: storedSchema,
  proof: z.object({ verdict: verdictSchema, key: z.string().optional(), at: z.iso.datetime().optional(), seconds: z.number().optional() }),
  totals: z.object({ tables: z.int(), rows: z.int(), /** before compression */ bytes: z.int() }),
  /** Plain commands that restore this backup without Sauvegarde. */
  restore: z.array(z.string()),
});

export type Manifest = z.output<typeof manifestSchema>;

export function parseManifest(bytes: Uint8Array, origin: string): Manifest {
  return parseDocument(manifestSchema, bytes, origin);
}

export function writeManifest(manifest: Manifest): Uint8Array {
  return writeDocument(manifest);
}
