import { readDump } from '../../bytes/stored.ts';
import type { Database } from '../../config/config.ts';
import { type Proof, verdictFrom } from '../../documents/proof.ts';
import { readScan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import type { StoredObject } from '../../documents/stored-object.ts';
import { BackupRefutedError, ChecksumError, ObjectMissingError } from '../../errors.ts';
import type { Compression } from '../../names.ts';
import type { With } from '../../platform.ts';
import { secondsSince } from '../../time/elapsed.ts';
import { engineOf } from './engine-of.ts';
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
    throw new BackupRefutedError(`the test restore of ${input.dump.key} failed: ${shortened(proof.differences).join('; ')}`);
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
    const scan = await readScan(platform.vault, input.scan);
    const dump = () => readDump(platform.vault, input.dump, input.compression);
    const { restoreSeconds, ...found } = await engineOf(platform, input.engine).prove(dump, scan, workFor(platform, input.run, signal));
    const flaws = [...(scan.flaws ?? []), ...found.flaws];
    const findings = {
      ...found,
      flaws: flaws.slice(0, mostFlaws),
      unproven: [...(scan.omitted ?? []), ...found.unproven],
      notes: [...found.notes, ...(flaws.length > mostFlaws ? [`${flaws.length - mostFlaws} more flaws are not listed`] : [])],
    };
    const seconds = { seconds: secondsSince(begun), restoreSeconds: Math.round(restoreSeconds * 1000) / 1000 };
    return { ...result, verdict: verdictFrom(findings), ...seconds, ...findings };
  } catch (error) {
    if (!(error instanceof ChecksumError || error instanceof ObjectMissingError)) throw error;
    return { ...result, verdict: 'refuted', seconds: secondsSince(begun), restoreSeconds: 0, differences: [error.message], flaws: [], unproven: [], notes: [] };
  }
}
