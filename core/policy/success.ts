import type { Run } from '../catalogue/runs.ts';

/** Share of the runs that succeeded, among those that have ended; undefined if none has. */
export function successRate(runs: readonly Pick<Run, 'status'>[]): number | undefined {
  const ended = runs.filter(({ status }) => status !== 'running');
  return ended.length === 0 ? undefined : ended.filter(({ status }) => status === 'succeeded').length / ended.length;
}
