import { buffer } from 'node:stream/consumers';
import { compress, decompress } from '../bytes/compress.ts';
import { Meter } from '../bytes/meter.ts';
import type { Database } from '../config/config.ts';
import { rowsOf } from '../documents/scan.ts';
import { BackupRefutedError } from '../errors.ts';
import { counted } from '../figures.ts';
import type { Engine, Work } from './engine.ts';

/** A source that lives only for the rehearsal. */
export interface Stage extends AsyncDisposable {
  /** Fires if its server ends too early; missing for a file. */
  ended?: AbortSignal;
  /** Source of the sample, once it was made. */
  source: Database;
  /** Makes the sample, with values that a dump must carry unchanged. */
  make(work: Work): Promise<void>;
}

/** Words for the parts of a rehearsal on a server. */
export function onServer(product: string): { begun: string; again: string } {
  return { begun: `a ${product} server was started, with its data and socket in the temporary folder`, again: 'a second scratch server' };
}

/**
 * Does the work of `Engine.rehearse` for an engine whose stage `begin` sets up. `begun` tells of the first part;
 * `again` names the place of the proof.
 */
export async function* rehearse(
  {
    begun,
    again,
    engine,
    begin,
  }: { begun: string; again: string; engine: Pick<Engine, 'dump' | 'prove'>; begin: (work: Omit<Work, 'reveal'>) => Promise<Stage> },
  work: Omit<Work, 'reveal'>,
): AsyncGenerator<string, void, void> {
  await using stage = await begin(work);
  yield begun;

  const onStage: Work = {
    ...work,
    signal: stage.ended ? AbortSignal.any([work.signal, stage.ended]) : work.signal,
    reveal: async (reference) => String(reference),
  };
  await stage.make(onStage);
  await using dumping = await engine.dump(stage.source, onStage);
  const stored = await buffer(new Meter().measure(compress(dumping.bytes, 'zstd')));
  const scan = dumping.scan();
  yield `${scan.product.name} ${scan.product.version}, ${counted(scan.tables.length, 'table')} with ${counted(rowsOf(scan), 'row')} of a sample: ${stored.length} bytes`;

  const { differences, flaws, unproven } = await engine.prove(() => decompress(piece(stored), 'zstd'), scan, onStage);
  const found = [...differences, ...flaws.map(({ what }) => what), ...unproven];
  if (found.length > 0) throw new BackupRefutedError(`the sample database did not come back as it was: ${found.join('; ')}`);
  yield `the sample was restored in ${again}, and all of it came back`;
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
