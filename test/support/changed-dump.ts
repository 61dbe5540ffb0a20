import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compress } from '../../core/bytes/compress.ts';
import { Meter } from '../../core/bytes/meter.ts';
import { readDump } from '../../core/bytes/stored.ts';
import type { DumpOutput } from '../../core/documents/dump-output.ts';
import { type Steps, stepsOf } from '../../local/workflow.ts';
import type { TestPlatform } from './platform.ts';
import { gathered, streamOf } from './streams.ts';

/** The steps with a dump whose text is changed after its scan, compressed again, and handed over with the right checksums. */
export function stepsWithChangedDump(platform: TestPlatform, change: (text: string) => string): Steps {
  const steps = stepsOf(platform);
  return {
    ...steps,
    dump: async (input, signal) => {
      const output = (await steps.dump(input, signal)) as DumpOutput;
      const text = (await gathered(readDump(platform.vault, output.dump, 'zstd'))).toString('latin1');
      const meter = new Meter();
      const bytes = await gathered(meter.measure(compress(streamOf([Buffer.from(change(text), 'latin1')]), 'zstd')));
      writeFileSync(join(platform.vault.root, output.dump.key), bytes);
      return { ...output, dump: { key: output.dump.key, ...meter.result() } };
    },
  };
}
