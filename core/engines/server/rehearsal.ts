import { buffer } from 'node:stream/consumers';
import { compress, decompress } from '../../bytes/compress.ts';
import { Meter } from '../../bytes/meter.ts';
import type { Database } from '../../config/config.ts';
import { rowsOf } from '../../documents/scan.ts';
import { BackupRefutedError } from '../../errors.ts';
import { counted } from '../../figures.ts';
import type { Engine, Work } from '../engine.ts';

/** A server that lives only for the rehearsal. */
export interface Stage extends AsyncDisposable {
  /** Fires if the server ends too early. */
  ended: AbortSignal;
  /** Source of the sample, once it was made. */
  source: Database;
  /** Makes the sample, with values that a dump must carry unchanged. */
  make(work: Work): Promise<void>;
}

/** Does the work of `Engine.rehearse` for an engine whose stage `begin` sets up. */
export async function* rehearse(
  { product, engine, begin }: { product: string; engine: Pick<Engine, 'dump' | 'prove'>; begin: (work: Omit<Work, 'reveal'>) => Promise<Stage> },
  work: Omit<Work, 'reveal'>,
): AsyncGenerator<string, void, void> {
  await using stage = await begin(work);
  yield `a ${product} server was started, with its data and socket in the temporary folder`;

  const onServer: Work = { ...work, signal: AbortSignal.any([work.signal, stage.ended]), reveal: async (reference) => String(reference) };
  await stage.make(onServer);
  await using dumping = await engine.dump(stage.source, onServer);
  const stored = await buffer(new Meter().measure(compress(dumping.bytes, 'zstd')));
  const scan = dumping.scan();
  yield `${scan.product.name} ${scan.product.version}, ${counted(scan.tables.length, 'table')} with ${counted(rowsOf(scan), 'row')} of a sample: ${stored.length} bytes`;

  const { differences, flaws, unproven } = await engine.prove(() => decompress(piece(stored), 'zstd'), scan, onServer);
  const found = [...differences, ...flaws.map(({ what }) => what), ...unproven];
  if (found.length > 0) throw new BackupRefutedError(`the sample database did not come back as it was: ${found.join('; ')}`);
  yield 'the sample was restored in a second scratch server, and all of it came back';
}

/**
 * Options of a source that no dump reads. The schema of the whole configuration would bring its schedules into the
 * bundles.
 */
export const unscheduled = { schedule: '', keep: { last: 1, weekly: 0, monthly: 0, yearly: 0 }, proof: 'every', compression: 'zstd' } as const;

/** Makes a stream of one piece. */
export async function* piece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
