import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { OutOfTimeError } from '../../../../core/errors.ts';
import { outcomeVariable } from '../../../../core/names.ts';
import { dump } from '../../../../core/operations/backup/dump.ts';
import { open } from '../../../../core/operations/backup/open.ts';
import type { ProveInput } from '../../../../core/operations/backup/prove.ts';
import { proofOutcome, proveOnBuild } from '../../../../core/operations/backup/prove-on-build.ts';
import { never } from '../../../support/never.ts';
import { request, type TestPlatform, testPlatform } from '../../../support/platform.ts';

const run = 'main-20261122_020000Z';
const exported = (Value: string) => [{ Name: outcomeVariable, Value }];

/** A stored dump that waits for its proof. */
async function stored(): Promise<{ platform: TestPlatform; input: ProveInput }> {
  const platform = await testPlatform({ rows: 1 });
  await open(platform, { ...request('2026-11-22T02:00:00Z'), execution: 'execution-1' });
  const { compression, dump: object, engine, scan } = await dump(platform, { run, execution: 'execution-1' }, never);
  return { platform, input: { run, engine, compression, dump: object, scan } };
}

describe('a proof on the larger compute', () => {
  it('hands on what it found as text that a shell takes as it is', async () => {
    const { platform, input } = await stored();
    const packed = await proveOnBuild(platform, input, never);
    expect(packed).toMatch(/^[A-Za-z0-9+/=]+$/);
    expect(await proofOutcome({ run, exported: exported(packed), failure: null })).toMatchObject({ proof: { backup: run, verdict: 'proven' } });
  });

  it('that refutes the dump says so under that name, at once', async () => {
    const { platform, input } = await stored();
    writeFileSync(join(platform.vault.root, input.dump.key), 'other bytes');
    const outcome = await proofOutcome({ run, exported: exported(await proveOnBuild(platform, input, never)), failure: null });
    expect(outcome).toMatchObject({ failure: { Error: 'BackupRefutedError', Cause: expect.stringContaining(input.dump.key) } });
    expect(platform.clock.slept).toEqual([]);
  });

  it('that is stopped says why', async () => {
    const { platform, input } = await stored();
    const packed = await proveOnBuild(platform, input, AbortSignal.abort(new OutOfTimeError('eight hours are over')));
    expect(await proofOutcome({ run, exported: exported(packed), failure: null })).toEqual({
      failure: { Error: 'OutOfTimeError', Cause: 'eight hours are over' },
    });
  });

  it.each([
    ['nothing', []],
    ['another variable', [{ Name: 'OTHER', Value: 'x' }]],
    ['what nobody packed', exported('x')],
    ['what is no outcome', exported(gzipSync('{"proof":{"verdict":"proven"}}').toString('base64'))],
    ['a bomb', exported(gzipSync(' '.repeat(5_000_000)).toString('base64'))],
  ])('whose build exported %s is a failure that quotes AWS', async (_, variables) => {
    const failure = { Error: 'States.TaskFailed', Cause: 'x'.repeat(32_000) };
    const outcome = (await proofOutcome({ run, exported: variables, failure })) as { failure: { Error: string; Cause: string } };
    expect(outcome).toEqual({ failure: { Error: 'InterruptedError', Cause: expect.stringMatching(/ended without a result \(States\.TaskFailed: x+\)/) } });
    expect(outcome.failure.Cause.length).toBeLessThan(1000);
  });

  it('of another dump proves nothing', async () => {
    const { platform, input } = await stored();
    const packed = await proveOnBuild(platform, input, never);
    expect(await proofOutcome({ run: 'main-20261123_020000Z', exported: exported(packed), failure: null })).toMatchObject({
      failure: { Error: 'InterruptedError' },
    });
  });
});
