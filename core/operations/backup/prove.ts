import { decompressed, readDump, readVerified } from '../../bytes/stored.ts';
import type { Database } from '../../config/config.ts';
import { type Proof, verdictFrom } from '../../documents/proof.ts';
import { readScan, type Scan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import type { StoredObject } from '../../documents/stored-object.ts';
import { BackupRefutedError, ChecksumError, ObjectMissingError } from '../../errors.ts';
import type { Compression } from '../../names.ts';
import type { With } from '../../platform.ts';
import { secondsSince } from '../../time/elapsed.ts';
import { engineOf } from './engine-of.ts';
import { keptUnencrypted } from './unencrypted.ts';
import { workFor } from './work.ts';

/** Ports of a proof. It reads the vault, sees no secret, and records nothing. */
export type ProvePlatform = With<'vault' | 'tools' | 'scratch' | 'engines'>;

export interface ProveInput {
  run: string;
  engine: Database['engine'];
  compression: Compression;
  dump: StoredObject;
  scan: StoredObject;
  /** True for a proof of an existing backup: a refuted one is its result, not an error. @default false */
  onDemand?: boolean | undefined;
}

/** Largest number of differences that a proof on demand lists, which is part of a workflow's state too. */
const mostDifferences = 150;

/** Proves a dump. Before it is published, throws BackupRefutedError if it does not restore to what it should be. */
export async function prove(platform: ProvePlatform, input: ProveInput, signal: AbortSignal): Promise<Proof> {
  platform.log.info(`${input.run}: proving by restoring`, { run: input.run });
  const proof = await proofOf(platform, input, signal);
  if (input.onDemand) return { ...proof, differences: shortened(proof.differences, mostDifferences) };
  if (proof.verdict === 'refuted') {
    throw new BackupRefutedError(
      `the test restore of ${input.dump.key}${proof.basis ? ', from the bytes before its encryption,' : ''} failed: ${shortened(proof.differences).join('; ')}`,
    );
  }
  return proof;
}

/** Largest number of flaws that are listed: a proof is part of a workflow's state, which AWS limits to 256 KiB. */
const mostFlaws = 150;

/**
 * Fetches the stored dump, verifies it, restores it into a place that lives only for this, and compares. Reads the
 * vault and writes nothing to it.
 */
export async function proofOf(platform: ProvePlatform, input: ProveInput, signal: AbortSignal): Promise<Proof> {
  const begun = performance.now();
  const result = { format: 'sauvegarde-proof', version: 1, backup: input.run, at: platform.clock.now().toISOString() } as const;
  try {
    const { scan, dump, basis } = await sourceOf(platform, input);
    const { restoreSeconds, ...found } = await engineOf(platform, input.engine).prove(dump, scan, workFor(platform, input.run, signal));
    const flaws = [...(scan.flaws ?? []), ...found.flaws];
    const findings = {
      ...found,
      flaws: flaws.slice(0, mostFlaws),
      unproven: [...(scan.omitted ?? []), ...found.unproven],
      notes: [...found.notes, ...(flaws.length > mostFlaws ? [`${flaws.length - mostFlaws} more flaws are not listed`] : [])],
    };
    const seconds = { seconds: secondsSince(begun), restoreSeconds: Math.round(restoreSeconds * 1000) / 1000 };
    return { ...result, verdict: verdictFrom(findings), ...(basis && { basis }), ...seconds, ...findings };
  } catch (error) {
    if (!(error instanceof ChecksumError || error instanceof ObjectMissingError)) throw error;
    return { ...result, verdict: 'refuted', seconds: secondsSince(begun), restoreSeconds: 0, differences: [error.message], flaws: [], unproven: [], notes: [] };
  }
}

/**
 * Returns what is restored and compared: the stored bytes, or if they are encrypted and no identity is known here,
 * those that the dump has kept for this. The stored ones must then have the checksums of what was encrypted.
 */
async function sourceOf(
  platform: ProvePlatform,
  { run, compression, dump, scan }: ProveInput,
): Promise<{ scan: Scan; dump: () => AsyncIterable<Uint8Array>; basis?: Proof['basis'] }> {
  const { vault } = platform;
  const kept = dump.encryption && !vault.keys?.identities ? keptUnencrypted(platform, run) : undefined;
  if (!kept) return { scan: await readScan(vault, scan), dump: () => readDump(vault, dump, compression) };
  for (const object of [scan, dump]) for await (const _ of readVerified(vault, object));
  return { scan: await kept.scan(), dump: () => decompressed(kept.dump(), dump, compression), basis: 'before-encryption' };
}
