import type { NotedProgress } from '../../catalogue/runs.ts';
import type { Live } from './home.ts';

/** Makes what is known of a run's work of the progress that was noted in it. */
export function liveOf({ step, bytes, total, begunAt, at }: NotedProgress): Live {
  return { step, bytes, ...(total && { total }), seconds: (Date.parse(at) - Date.parse(begunAt)) / 1000, onDemand: false };
}
