import * as z from 'zod';

/** Part of a backup that does not restore or work, because of what the source holds. All rows come back without it. */
export const flawSchema = z.object({
  /** The object with its kind, and the reason: `CHECK CONSTRAINT fits of public.note: a row violates it`. */
  what: z.string(),
  /** Advice that mends the source, with the statement to run there. */
  remedy: z.string(),
  /** SHA-256 (hexadecimal) of the statement's bytes in the dump; a restore leaves it out. Missing if nothing is. */
  statement: z.string().optional(),
  /** True if a restore brings it back and leaves nothing out: as it was in the source, or at another place. */
  comesBack: z.boolean().optional(),
});

export type Flaw = z.output<typeof flawSchema>;
