import type { Work } from '../../engines/engine.ts';
import { partsOfRunId } from '../../names.ts';
import type { Platform, Progress } from '../../platform.ts';

/**
 * Makes the surroundings of an engine's work for a run. A platform without `reveal` has no secrets: a proof needs none.
 */
export function workFor(
  platform: Pick<Platform, 'scratch' | 'tools' | 'log' | 'config'> & Partial<Pick<Platform, 'reveal'>>,
  run: string,
  signal: AbortSignal,
): Work {
  const settings = platform.config.databases[partsOfRunId(run)?.database ?? run];
  return {
    ...(settings && { settings }),
    scratch: platform.scratch,
    signal,
    tools: platform.tools,
    reveal: async (reference) => {
      if (!platform.reveal) throw new TypeError('this step of a run may not see secrets');
      return platform.reveal(reference);
    },
    warn: (message) => platform.log.warn(`${run}: ${message}`),
    progress: (step: Progress['step'], bytes, total) => platform.log.progress({ run, step, bytes, ...(total !== undefined && { total }) }),
  };
}
