import * as z from 'zod';
import type { Restored } from '../../engines/engine.ts';
import { endOf, reasonOf } from '../../errors.ts';
import type { Failure } from '../../workflow/execution.ts';
import { type Exported, exportedOutcome, failureSchema, packResult, withoutOutcome } from '../backup/build-exports.ts';
import { type RestoreStep, restoreInto } from './restore-by-workflow.ts';

/** Outcome of a restore that ran on CodeBuild. */
export type RestoreOutcome = { restored: Restored } | { failure: Failure };

const count = z.int().min(0);
export const restoredSchema = z.strictObject({ tables: count, rows: count, into: z.string(), notes: z.array(z.string()) });
const outcomeSchema = z.union([z.strictObject({ restored: restoredSchema }), failureSchema]);

/**
 * Restores on CodeBuild, once: as in a function, nothing repeats a restore. Returns the outcome for `restoreOutcome`,
 * as text without a character that a shell or JSON knows. Never throws.
 */
export async function restoreOnBuild(platform: Parameters<typeof restoreInto>[0], step: RestoreStep, signal: AbortSignal): Promise<string> {
  try {
    return await packResult('the restore', { restored: await restoreInto(platform, step, signal) });
  } catch (error) {
    const { name, message } = reasonOf(endOf(error, signal));
    platform.log.error(message, { run: step.backup, error: name });
    return packResult('the restore', { failure: { Error: name, Cause: message } });
  }
}

/** Input of `restoreOutcome`, as the workflow has it. */
export interface RestoreOutcomeInput {
  backup: string;
  /** Variables that the build exported. */
  exported: readonly Exported[];
  /** Error that AWS reports for the build; null if there was none. */
  failure: Failure | null;
}

/**
 * Returns the outcome of a restore that ran on CodeBuild (`restoreOnBuild`). Without one, because the build never began
 * or was killed, it is a failure: InterruptedError.
 */
export async function restoreOutcome({ exported, failure }: RestoreOutcomeInput): Promise<RestoreOutcome> {
  return (await exportedOutcome(exported, outcomeSchema)) ?? withoutOutcome('the restore', failure, 'the phases');
}
