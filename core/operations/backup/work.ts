import type { Work } from '../../engines/engine.ts';
import type { Platform } from '../../platform.ts';
import type { AttemptNotes } from './attempt-notes.ts';

/**
 * Makes the surroundings of an engine's work for a run. A platform without `reveal` has no secrets: a proof needs none.
 * Progress goes to the log, and to `notes` if there are any.
 */
export function workFor(
  platform: Pick<Platform, 'scratch' | 'tools' | 'log'> & Partial<Pick<Platform, 'reveal'>>,
  run: string,
  signal: AbortSignal,
  notes?: AttemptNotes,
): Work {
  return {
    scratch: platform.scratch,
    signal,
    tools: platform.tools,
    reveal: async (reference) => {
      if (!platform.reveal) throw new TypeError('this step of a run may not see secrets');
      return platform.reveal(reference);
    },
    warn: (message) => platform.log.warn(`${run}: ${message}`),
    progress: (step, bytes, total) => {
      const progress = { bytes, ...(total !== undefined && { total }) };
      platform.log.progress({ run, step, ...progress });
      if (step === 'copy' || step === 'dump') notes?.progress({ step, ...progress });
    },
  };
}
