import { ConfigurationError } from '../core/errors.ts';
import type { CommonOptions } from './context.ts';

/** Commands that a stack's functions can carry out. */
const ofStacks = new Set([
  'backup',
  'list',
  'show',
  'diff',
  'download',
  'open',
  'rotate',
  'restore',
  'verify',
  'hold',
  'release',
  'retire',
  'unretire',
  'accept',
  'rebuild',
  'smoke',
  'sweep',
  'status',
  'metrics',
  'audit',
  'alert',
]);

/** Alternatives to a command, where leaving `--stack` out is not one. */
const instead: Record<string, (stack: string) => string> = {
  adopt: () => 'a machine with the same kind of database adopts dumps into a vault of its own',
  doctor: (stack) => `"sauvegarde --stack ${stack} smoke" checks programs, databases and secrets there`,
};

/**
 * Throws ConfigurationError for a command that cannot go to a stack, so that no order to a stack is carried out on this
 * machine by mistake.
 */
export function refuseStack(command: string, { stack }: CommonOptions): void {
  if (stack === undefined || ofStacks.has(command)) return;
  throw new ConfigurationError(`${command} works on the machine that it runs on, not with --stack; ${instead[command]?.(stack) ?? 'leave --stack out'}`);
}
