import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { keysBeside } from '../../core/catalogue/backups.ts';
import { howToRestoreKey, runId } from '../../core/names.ts';
import { noteStanding } from '../../core/operations/keeping/standing.ts';
import type { BackupRequest } from '../../core/workflow/request.ts';
import { LocalExecutions } from '../../local/executions.ts';
import { backupOf } from './backups.ts';
import type { TestPlatform } from './platform.ts';

/**
 * Makes a platform whose executions do this work, two at once; work that returns is an execution that succeeds, with
 * the records of one unless the work has left its own.
 */
export function executing(platform: TestPlatform, work: (request: BackupRequest, signal: AbortSignal) => Promise<unknown>): TestPlatform {
  const run = async (request: BackupRequest, signal: AbortSignal) => {
    const startedAt = platform.clock.now();
    await work(request, signal);
    const name = runId(request.database, new Date(request.slot), request.kind);
    await succeed(platform, { ...request, id: name, startedAt });
    return { id: name, name, input: request, startedAt, endedAt: platform.clock.now(), status: 'SUCCEEDED' as const };
  };
  return { ...platform, executions: new LocalExecutions(platform, run, 2) };
}

async function succeed(
  { catalogue, clock, vault }: TestPlatform,
  { again, id, startedAt, ...request }: BackupRequest & { id: string; startedAt: Date },
): Promise<void> {
  if (await catalogue.runs.get(id)) return;
  const run = { ...request, id, execution: id, status: 'running', startedAt: startedAt.toISOString(), attempts: 1 } as const;
  await catalogue.runs.open(run, { leaseEnds: clock.now(), now: clock.now(), again });
  await catalogue.runs.end(run, { status: 'succeeded' }, clock.now());
  const backup = backupOf(request.slot, { database: request.database, startedAt: startedAt.toISOString(), proof: { verdict: 'proven' } });
  // at once: a clock that takes no time does not wait for a disk
  for (const key of [...keysBeside(backup), backup.manifest, howToRestoreKey]) {
    mkdirSync(join(vault.root, dirname(key)), { recursive: true });
    writeFileSync(join(vault.root, key), Buffer.alloc(backup.size));
  }
  await catalogue.backups.add(backup);
  await noteStanding({ catalogue }, request.database);
}

/** Ignores the end of a scheduled execution; one that cannot even be settled fails the test. */
export async function untold(_: string, ended: Promise<unknown>): Promise<void> {
  await ended;
}
