import { readFileSync } from 'node:fs';
import { reasonOf } from '../core/errors.ts';
import { runId } from '../core/names.ts';
import { dump } from '../core/operations/backup/dump.ts';
import { open } from '../core/operations/backup/open.ts';
import { prove } from '../core/operations/backup/prove.ts';
import { publish } from '../core/operations/backup/publish.ts';
import { settle, settleInputOf } from '../core/operations/backup/settle.ts';
import { removeUnencrypted } from '../core/operations/backup/unencrypted.ts';
import { updateCopies } from '../core/operations/keeping/copies.ts';
import { rotate } from '../core/operations/keeping/rotate.ts';
import { parseDefinition } from '../core/workflow/definition.ts';
import { type ExecutionEnd, reasonOfFailure, stateErrors, statusEvent, WorkflowError } from '../core/workflow/execution.ts';
import { Interpreter, type Task } from '../core/workflow/interpreter.ts';
import { proverTable } from '../core/workflow/prover-table.ts';
import type { BackupRequest } from '../core/workflow/request.ts';
import { limitEvidence } from './evidence.ts';
import type { LocalPlatform } from './local-platform.ts';
import { executionOf } from './presence.ts';
import { recover } from './recover.ts';

/** Operations that the workflow's tasks name, each bound to the platform. */
export type Steps = Record<'open' | 'dump' | 'prove' | 'publish' | 'rotate' | 'settle', Task>;

/** Copies what was published. Nothing that goes wrong here turns the run red: it is an incident of its own. */
async function copyAfter(platform: LocalPlatform, database: string, signal: AbortSignal): Promise<void> {
  if (platform.copies.length === 0) return;
  try {
    await updateCopies(platform, database, signal);
  } catch (error) {
    platform.log.warn(`the copies of ${database} are behind for now: ${reasonOf(error).message}`);
  }
}

const source = readFileSync(new URL('../core/workflow/backup.asl.json', import.meta.url), 'utf8');

export function stepsOf(platform: LocalPlatform): Steps {
  const step =
    <Input>(operation: (platform: LocalPlatform, input: Input, signal: AbortSignal) => Promise<unknown>): Task =>
    (input, signal) =>
      operation(platform, input as Input, signal);
  return { open: step(open), dump: step(dump), prove: step(prove), publish: step(publish), rotate: step(rotate), settle: step(settle) };
}

/**
 * Runs the backup workflow here, as Step Functions does on AWS: the same definition, and the same event when it fails.
 * Resolves to the execution's end in every case. If the signal fires, the run is aborted and settled before this
 * returns.
 */
export async function runBackup(platform: LocalPlatform, request: BackupRequest, signal: AbortSignal, steps: Steps = stepsOf(platform)): Promise<ExecutionEnd> {
  const { clock, log, presence } = platform;
  const name = runId(request.database, new Date(request.slot), request.kind);
  const definition = parseDefinition(source, {
    ...Object.fromEntries(Object.keys(steps).map((step) => [step, step])),
    provers: proverTable(() => 'prove'),
    proofBuild: '', // one machine has no larger compute
  });
  const interpreter = new Interpreter(definition, {
    clock,
    tasks: {
      'arn:aws:states:::lambda:invoke': async (input, cut) => {
        const { FunctionName, Payload } = input as { FunctionName: keyof Steps; Payload: unknown };
        // at each attempt: the run that this one waits for may have died
        if (FunctionName === 'open') await recover(platform);
        return { Payload: await steps[FunctionName](Payload, cut) };
      },
      // a dump has all the time it needs here, so nothing leads to this step
      'arn:aws:states:::codebuild:startBuild.sync': async () => {
        throw new WorkflowError(
          stateErrors.runtime,
          'the dump cannot go on on the larger compute, which only AWS has: on one machine nothing runs out of time',
        );
      },
    },
    onRetry: ({ state, failure, seconds }) =>
      log.warn(`${name}: ${state} failed: ${reasonOfFailure(failure).message}; again in ${seconds} s`, { run: name, error: failure.Error }),
  });
  const end = await interpreter.run({ id: executionOf(presence.id, name), name, input: request }, signal);
  await removeUnencrypted(platform, name);
  if (end.status !== 'SUCCEEDED') await settle(platform, settleInputOf(statusEvent(end)));
  if (end.status === 'SUCCEEDED') await copyAfter(platform, request.database, signal);
  if (end.error === 'BackupRefutedError') await limitEvidence(platform, request.database, name);
  return end;
}
