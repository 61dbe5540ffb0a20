import { tmpdir } from 'node:os';
import { reasonOf } from '../core/errors.ts';
import type { Measured } from '../core/metrics.ts';
import { partsOfRunId, runId } from '../core/names.ts';
import type { Platform, With } from '../core/platform.ts';
import { systemClock } from '../core/time/clock.ts';
import { bundledConfig } from './config.ts';
import { deadlineIn, within } from './deadline.ts';
import { FunctionLog } from './log.ts';
import { emit } from './metrics.ts';
import type { Port } from './platform.ts';
import { scratchFolder } from './scratch.ts';
import { parseSettings, type Settings } from './settings.ts';

/**
 * The SDK looks for its files in the home folder, and fails if the user has none and is in no passwd file. In this
 * folder it finds nothing, and nobody can put anything there.
 */
process.env.HOME ??= import.meta.dirname;

const scratch = scratchFolder(tmpdir(), { code: import.meta.dirname, taskRoot: process.env.LAMBDA_TASK_ROOT });

/** The part of Lambda's invocation context that is read. */
export interface Context {
  functionName: string;
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export type Ports = Record<string, Port<unknown>>;
/** Platform with these ports. */
export type Made<Given extends Ports> = With<never> & Pick<Platform, 'scratch'> & { [Name in keyof Given]: ReturnType<Given[Name]['make']> };

interface Work<Given extends Ports, Input, Output> {
  /** Ports of the operation, besides the configuration, the clock and the log. */
  ports: Given;
  /** Reads the event. Throws ConfigurationError if it cannot be understood. */
  parse(event: unknown): Input;
  operation(platform: Made<Given>, input: Input, signal: AbortSignal): Promise<Output>;
  /** True if other work may follow that cannot run beside it, as for `within`. @default false */
  stopsFirst?: true;
  /** Returns the measures of a success. */
  measure?(output: Output, input: Input): Measured;
  /** Throws if the function must count as failed in spite of its output, so that it is retried and its alarm sounds. */
  check?(output: Output): void;
}

/**
 * Makes a function for Lambda: it reads the event, calls the operation and returns its output. Ports are made at the
 * first invocation and kept; after a failure they are made again. Errors come out under their own names, by which the
 * workflow decides.
 */
export function lambda<Given extends Ports, Input, Output>({ ports, parse, operation, stopsFirst, measure, check }: Work<Given, Input, Output>) {
  const log = new FunctionLog();
  let platform: Made<Given> | undefined;
  return async (event: unknown, context: Context): Promise<Output> => {
    using deadline = deadlineIn(context.getRemainingTimeInMillis());
    log.begin({ function: context.functionName, request: context.awsRequestId });
    try {
      const input = parse(event);
      const { run, database } = subjectOf(input);
      if (run !== undefined) log.begin({ function: context.functionName, request: context.awsRequestId, run });
      platform ??= platformOf(ports, log);
      const output = await within(deadline, operation(platform, input, deadline.signal), stopsFirst);
      if (database !== undefined && measure) emit(database, measure(output, input));
      check?.(output);
      return output;
    } catch (error) {
      const { name, message } = reasonOf(error);
      log.error(message, { error: name });
      throw error;
    }
  };
}

/** Makes these ports from the environment. Throws ConfigurationError if a setting is missing. */
export function platformOf<Given extends Ports>(ports: Given, log: FunctionLog): Made<Given> {
  const entries = Object.entries(ports);
  const settings = parseSettings([...new Set(entries.flatMap(([, port]) => port.settings))], process.env) as Settings;
  const made = Object.fromEntries(entries.map(([name, port]) => [name, port.make(settings)]));
  return { config: bundledConfig(), clock: systemClock, log, scratch, ...made } as Made<Given>;
}

/** Finds the run and the database that an input names, if any. */
function subjectOf(input: unknown): { run?: string; database?: string } {
  const { run, database, slot, kind } = input as { run?: string; database?: string; slot?: string; kind?: 'scheduled' | 'manual' };
  if (run !== undefined) return { run, database: partsOfRunId(run)?.database ?? '' };
  if (database === undefined) return {};
  return slot === undefined || kind === undefined ? { database } : { database, run: runId(database, new Date(slot), kind) };
}
