import { runId } from '../../core/names.ts';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { LocalExecutions } from '../../local/executions.ts';
import type { TestPlatform } from './platform.ts';

/** Makes a platform whose executions do this work, two at once; work that returns is an execution that succeeds. */
export function executing(platform: TestPlatform, work: (request: BackupRequest, signal: AbortSignal) => Promise<unknown>): TestPlatform {
  const run = async (request: BackupRequest, signal: AbortSignal) => {
    const startedAt = platform.clock.now();
    await work(request, signal);
    const name = runId(request.database, new Date(request.slot), request.kind);
    return { id: name, name, input: request, startedAt, endedAt: platform.clock.now(), status: 'SUCCEEDED' as const };
  };
  return { ...platform, executions: new LocalExecutions(platform, run, 2) };
}

/** Ignores the end of a scheduled execution; one that cannot even be settled fails the test. */
export async function untold(_: string, ended: Promise<unknown>): Promise<void> {
  await ended;
}
