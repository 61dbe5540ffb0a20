import { type ErrorName, errorNames } from '../core/errors.ts';

/** Exit statuses of commands; `docs/command-line.md` lists them too. */
export const exit = { done: 0, failed: 1, usage: 2, unknown: 3, unsound: 4, stopped: 130 } as const;

const special: Partial<Record<ErrorName, number>> = {
  ConfigurationError: exit.usage,
  UnknownNameError: exit.unknown,
  BackupFlawedError: exit.unsound,
  BackupRefutedError: exit.unsound,
  KeyMissingError: exit.usage,
  ChecksumError: exit.unsound,
  ObjectMissingError: exit.unsound,
  DocumentInvalidError: exit.unsound,
  InterruptedError: exit.stopped,
};

/** Any other error, a refusal too, is `failed`. */
export function exitStatusOf(name: string): number {
  return special[name as ErrorName] ?? exit.failed;
}

export function isErrorName(name: string): name is ErrorName {
  return errorNames.includes(name as ErrorName);
}
