import { expect, it } from 'vitest';
import type { Executions } from '../../core/workflow/executions.ts';
import { request } from '../support/request.ts';

/** Executions of one home, and what the contract needs beside them. */
export interface ExecutionsHome {
  executions: Executions;
  /** Returns the id of an execution that works, as its run names it. */
  idOf(name: string): string;
  /** Ends an execution without a word to the catalogue. */
  lose(id: string): Promise<void>;
}

/** Contract of all executions (core/workflow/executions.ts). */
export function executionsContract(make: () => Promise<ExecutionsHome>): void {
  const slot = '2026-11-22T02:00:00Z';
  const name = 'main-20261122_020000Z';

  it('a name is used once', async () => {
    const { executions } = await make();
    expect(await executions.start(name, request(slot))).toBe('started');
    expect(await executions.start(name, request('2026-11-22T03:00:00Z'))).toBe('exists');
    expect(await executions.start(`${name}_again`, request(slot))).toBe('started');
  });

  it('an execution has no end while it works, and has one when it was lost', async () => {
    const { executions, idOf, lose } = await make();
    await executions.start(name, request(slot));
    await executions.start(`${name}_again`, request(slot));
    const id = idOf(name);
    expect(await executions.endOf(id)).toBeUndefined();
    await lose(id);
    expect(await executions.endOf(id)).toMatchObject({ status: expect.stringMatching(/^(FAILED|ABORTED)$/) });
  });
}
