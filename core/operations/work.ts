import type { Work } from '../engines/engine.ts';
import type { Platform, Progress } from '../platform.ts';

/** What an engine works with on behalf of a run. */
export function workFor(platform: Platform, run: string, signal: AbortSignal): Work {
  return {
    scratch: platform.scratch,
    signal,
    tools: platform.tools,
    reveal: (secret) => platform.reveal(secret),
    warn: (message) => platform.log.warn(`${run}: ${message}`),
    progress: (step: Progress['step'], bytes, total) => platform.log.progress({ run, step, bytes, ...(total !== undefined && { total }) }),
  };
}
