import { tmpdir } from 'node:os';
import { reasonOf } from '../core/errors.ts';
import type { Measured } from '../core/metrics.ts';
import { partsOfRunId, runId } from '../core/names.ts';
import type { Platform, With } from '../core/platform.ts';
import { systemClock } from '../core/time/clock.ts';
import { bundledConfig } from './config.ts';
import { deadlineIn } from './deadline.ts';
import { FunctionLog } from './log.ts';
import { emit } from './metrics.ts';
import type { Port } from './platform.ts';
import { parseSettings, type Settings } from './settings.ts';

/** The SDK looks for its files in the home folder, and fails where the user has none and no passwd file knows him. Here it finds nothing, and nobody can put anything here. */
process.env.HOME ??= import.meta.dirname;

/** What Lambda tells a function of its invocation, the part that is read. */
export interface Context {
  functionName: string;
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

type Ports = Record<string, Port<unknown>>;
type Made<Given extends Ports> = With<never> & Pick<Platform, 'scratch'> & { [Name in keyof Given]: ReturnType<Given[Name]['make']> };

interface Work<Given extends Ports, Input, Output> {
  /** What the operation may use, besides the configuration, the clock and the log. */
  ports: Given;
  /** Reads the event. What it cannot understand is a ConfigurationError. */
  parse(event: unknown): Input;
  operation(platform: Made<Given>, input: Input, signal: AbortSignal): Promise<Output>;
  /** What is told of a success. */
  measure?(output: Output, input: Input): Measured;
  /** Throws when the function must count as failed in spite of its output, so that it is repeated and its alarm sounds. */
  check?(output: Output): void;
}

/**
 * A function as Lambda calls it: reads the event, calls the operation, returns its output. Everything is made at the first invocation and kept; what could not be made is tried again. Errors come out under their own
 * names, which the workflow decides by.
 */
export function lambda<Given extends Ports, Input, Output>({ ports, parse, operation, measure, check }: Work<Given, Input, Output>) {
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
      const output = await Promise.race([operation(platform, input, deadline.signal), deadline.passed]);
      if (database !== undefined && measure) emit(database, measure(output, input));
      check?.(output);
      return output;
    } catch (error) {
      const thrown = deadline.signal.aborted ? deadline.signal.reason : error;
      const { name, message } = reasonOf(thrown);
      log.error(message, { error: name });
      throw thrown;
    }
  };
}

/** Makes these ports from the environment. What is missing there is a ConfigurationError. */
export function platformOf<Given extends Ports>(ports: Given, log: FunctionLog): Made<Given> {
  const entries = Object.entries(ports);
  const settings = parseSettings([...new Set(entries.flatMap(([, port]) => port.settings))], process.env) as Settings;
  const made = Object.fromEntries(entries.map(([name, port]) => [name, port.make(settings)]));
  return { config: bundledConfig(), clock: systemClock, log, scratch: tmpdir(), ...made } as Made<Given>;
}

/** The run and the database that an input is about, where it says so. */
function subjectOf(input: unknown): { run?: string; database?: string } {
  const { run, database, slot, kind } = input as { run?: string; database?: string; slot?: string; kind?: 'scheduled' | 'manual' };
  if (run !== undefined) return { run, database: partsOfRunId(run)?.database ?? '' };
  if (database === undefined) return {};
  return slot === undefined || kind === undefined ? { database } : { database, run: runId(database, new Date(slot), kind) };
}
