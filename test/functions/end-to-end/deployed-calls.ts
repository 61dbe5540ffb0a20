import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Deployment } from '../../support/deployment.ts';
import { named, type RecordedCall } from '../../support/recorded-calls.ts';

export const slot = '2026-11-22T02:00:00Z';
export const id = 'main-20261122_020000Z';

/** Nobody listens here. */
export const closedPort = 1;

/** Stands for an execution that was not started. */
export const never = { name: '', input: {} };

/** Calls to AWS of the tests of a file, which are kept one after the other. */
export interface KeptCalls {
  /** Keeps the calls of a deployment, or those given, which its functions could have made. */
  keep(deployed: Pick<Deployment, 'calls' | 'names'>, calls?: RecordedCall[]): void;
  /** Adds the test that compares what was kept with what is written down for the roles. It comes last. */
  compare(): void;
}

/**
 * Keeps calls of the tests in `<part>.test.ts`, to be compared with `recorded-calls/<part>.json`. The roles are held
 * against the files of that folder (`test/infra/rights.test.ts`).
 */
export function keptCalls(part: string): KeptCalls {
  const kept: RecordedCall[] = [];
  const file = new URL(`../recorded-calls/${part}.json`, import.meta.url);
  return {
    keep: (deployed, calls = deployed.calls()) => void kept.push(...named(calls, deployed.names)),
    compare: () =>
      it('every call to AWS is one that is written down for the roles', () => {
        const calls = [...new Set(kept.map((call) => JSON.stringify(call)))].sort().map((line) => JSON.parse(line) as RecordedCall);
        if (process.env.SAUVEGARDE_RECORD) writeFileSync(file, `${JSON.stringify(calls, null, 2)}\n`);
        expect(calls, 'SAUVEGARDE_RECORD=1 writes them down anew').toEqual(JSON.parse(readFileSync(file, 'utf8')));
      }),
  };
}
