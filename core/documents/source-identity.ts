import * as z from 'zod';
import { readWhole } from '../bytes/stored.ts';
import { DocumentInvalidError } from '../errors.ts';
import { identitiesPrefix } from '../names.ts';
import type { Vault } from '../vault/vault.ts';
import { parseDocument, writeDocument } from './document.ts';

/** Identity of a database: tells it from another one under the same name. */
export const identitySchema = z.object({
  /** Text that names the database, for people too: `system identifier 7713602635690651989, database shop`. */
  mark: z.string().min(1),
  /** Other signs, any one of which is enough to know it again where its mark has changed. */
  also: z.array(z.string()).optional(),
  /**
   * Position of its log, which only grows in one copy of a server's files: the timeline, which a promotion begins anew
   * (0 where there are none), and bytes of the log as a decimal number.
   */
  position: z.object({ timeline: z.int(), bytes: z.string().regex(/^\d+$/) }).optional(),
});
export type SourceIdentity = z.output<typeof identitySchema>;

/** An identity that backups of a database may have: its first one, or one that was accepted later. */
const knownSchema = identitySchema.extend({
  format: z.literal('sauvegarde-source-identity'),
  version: z.literal(1),
  since: z.iso.datetime(),
  /** Who accepted it; missing for the first one, and for one that was known again by its other signs. */
  acceptedBy: z.string().optional(),
});
export type KnownIdentity = z.output<typeof knownSchema>;

/**
 * Reads the identities of a database, oldest first. A record that cannot be understood is logged and left out: it costs
 * no backup. `number` counts the records.
 */
export async function readIdentities(
  vault: Vault,
  database: string,
  log: { error(message: string): void },
): Promise<{ number: number; known: KnownIdentity[] }> {
  const prefix = identitiesPrefix(database);
  const keys = (await vault.list(prefix)).map(({ key }) => key).filter((key) => /\/\d{6}\.json$/.test(key));
  const known: KnownIdentity[] = [];
  for (const key of keys) {
    try {
      known.push(parseDocument(knownSchema, await readWhole(vault, key), key));
    } catch (error) {
      if (!(error instanceof DocumentInvalidError)) throw error;
      log.error(error.message);
    }
  }
  return { number: Number(keys.at(-1)?.slice(prefix.length, -'.json'.length) ?? 0), known };
}

export function writeIdentity(identity: KnownIdentity): Uint8Array {
  return writeDocument(identity);
}

/** Returns true if `one` is an older state of a server than `other`: an earlier timeline, or less of its log. */
export function isBehind({ position: one }: SourceIdentity, { position: other }: SourceIdentity): boolean {
  if (!one || !other) return false;
  return one.timeline === other.timeline ? BigInt(one.bytes) < BigInt(other.bytes) : one.timeline < other.timeline;
}

/** Returns true if both are of one database: they have one mark, or share another sign. */
export function isSameSource(one: SourceIdentity, other: SourceIdentity): boolean {
  return one.mark === other.mark || (one.also ?? []).some((sign) => other.also?.includes(sign));
}
