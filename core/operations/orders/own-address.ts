import type { Work } from '../../engines/engine.ts';

/**
 * Takes an address that the work itself has found or made as it stands, also where secrets come from AWS alone: that of
 * a database which lives for this work, or of a target that was revealed before.
 */
export function withOwnAddress(reveal: Work['reveal']): Work['reveal'] {
  return async (reference) => (typeof reference === 'string' ? reference : reveal(reference));
}
