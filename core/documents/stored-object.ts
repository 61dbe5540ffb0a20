import * as z from 'zod';

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
