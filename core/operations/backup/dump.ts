import { store, storeDocument } from '../../bytes/stored.ts';
import { databaseOf } from '../../config/database-of.ts';
import type { DumpOutput } from '../../documents/dump-output.ts';
import { rowsOf, type Scan, sealScan } from '../../documents/scan.ts';
import { shortened } from '../../documents/shortened.ts';
import { encryptionOf } from '../../encryption/keys.ts';
import { cardOf, proverOf } from '../../engines/cards.ts';
import { InterruptedError } from '../../errors.ts';
import { dumpKey, partsOfRunId, scanKey, stemOf } from '../../names.ts';
import type { With } from '../../platform.ts';
import { secondsSince } from '../../time/elapsed.ts';
import { changeOf } from '../keeping/identities.ts';
import { AttemptNotes } from './attempt-notes.ts';
import { engineOf } from './engine-of.ts';
import { keepUnencrypted } from './unencrypted.ts';
import { workFor } from './work.ts';

export interface DumpInput {
  run: string;
  execution: string;
}

/**
 * Dumps a run's database into the vault, under keys of this attempt. An incomplete dump leaves nothing in the vault. A
 * dump that was stored before a later failure is no backup, and sweep retires it after a week.
 */
export async function dump(
  platform: With<'vault' | 'catalogue' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
  { run, execution }: DumpInput,
  signal: AbortSignal,
): Promise<DumpOutput> {
  databaseOf(platform, parts(run).database);
  const { attempt, notes } = await AttemptNotes.begin(platform, run, execution);
  try {
    const dumped = await storeDump(platform, { run, attempt, notes }, signal);
    await notes.dumped(dumped.totals.bytes);
    return dumped;
  } catch (error) {
    await notes.failed(signal.aborted ? signal.reason : error);
    throw error;
  }
}

/** Dumps as `dump` does, as this attempt of the run, and records nothing. */
export async function storeDump(
  platform: With<'vault' | 'tools' | 'reveal' | 'scratch' | 'engines'>,
  { run, attempt, notes }: { run: string; attempt: number; notes?: AttemptNotes },
  signal: AbortSignal,
): Promise<DumpOutput> {
  const { database: name, slot, kind } = parts(run);
  const database = databaseOf(platform, name);
  const startedAt = platform.clock.now();
  const begun = performance.now();
  platform.log.info(`${run}: dumping ${name} (attempt ${attempt})`, { run, attempt });
  const stem = stemOf(name, slot, kind);
  await using dumping = await engineOf(platform, database.engine).dump(database, workFor(platform, run, signal, notes));
  const { identity } = dumping;
  const changed = identity && (await changeOf(platform, name, identity));
  if (changed !== undefined) platform.log.warn(`${run}: ${changed}; this backup counts apart`, { run });
  const keeping = database.proof === 'off' ? undefined : keepUnencrypted(platform, run);
  const stored = await store(
    platform.vault,
    dumpKey(stem, attempt, cardOf(database.engine).extension, database.compression, encryptionOf(platform.vault.keys) !== undefined),
    dumping.bytes,
    database.compression,
    keeping?.dump,
  );
  const scan: Scan = { ...dumping.scan(), ...(identity && { identity }) };
  const storedScan = await storeDocument(platform.vault, scanKey(stem, attempt), await sealScan(platform.vault, scan));
  await keeping?.scan(scan);
  return {
    engine: database.engine,
    prover: proverOf(database.engine, scan.product),
    product: scan.product,
    ...(identity && { identity }),
    compression: database.compression,
    startedAt: startedAt.toISOString(),
    seconds: secondsSince(begun),
    dump: stored,
    scan: storedScan,
    ...(scan.flaws?.length && { flaws: shortened(scan.flaws.map(({ what }) => what)) }),
    totals: { tables: scan.tables.length, rows: rowsOf(scan), bytes: scan.size },
  };
}

function parts(run: string): NonNullable<ReturnType<typeof partsOfRunId>> {
  const found = partsOfRunId(run);
  if (!found) throw new InterruptedError(`there is no run ${run}`);
  return found;
}
