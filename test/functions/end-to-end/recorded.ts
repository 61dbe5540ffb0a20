import type { DeployedPostgres } from '../../support/deployed-postgres.ts';
import { named, type RecordedCall } from '../../support/recorded-calls.ts';

export const slot = '2026-11-22T02:00:00Z';
export const id = 'main-20261122_020000Z';

/** Nobody listens here. */
export const closedPort = 1;

/** Stands for an execution that was not started. */
export const never = { name: '', input: {} };

/** Calls to AWS of all these tests. */
export const recorded: RecordedCall[] = [];

/** Keeps the calls of a test. */
export function keep(deployed: DeployedPostgres): void {
  recorded.push(...named(deployed.calls(), deployed.names));
}
