import type { AuditEntry } from '../../core/catalogue/audit.ts';
import { ChainCheck } from '../../core/catalogue/audit-chain.ts';

/** Returns the number of the first of these entries, oldest first, that does not continue the chain. */
export function brokenAt(entries: readonly AuditEntry[]): number | undefined {
  const check = new ChainCheck();
  for (const entry of entries.toReversed()) check.add(entry);
  return check.brokenAt();
}
