import * as z from 'zod';

/** Encryption of a file: its format, and the public names of those who can open it. */
export const encryptionSchema = z.object({ format: z.literal('age'), recipients: z.array(z.string()) });

export const storedSchema = z.object({
  key: z.string(),
  size: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  crc32: z.string().regex(/^[0-9a-f]{8}$/),
  /** Missing if the bytes are not encrypted. */
  encryption: encryptionSchema.optional(),
});

/**
 * An object in the vault, measured on its way there. `sha256` and `crc32` are hexadecimal and cover the stored bytes.
 */
export type StoredObject = z.output<typeof storedSchema>;
