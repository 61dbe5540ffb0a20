import { endOf, errorFrom, RestoreFailedError, reasonOf, type SauvegardeError } from '../../errors.ts';

/**
 * Makes the error of a restore that is finished and cannot be undone any more, but was not compared because of `error`.
 * It is a RestoreFailedError, so that nobody restores once more; an InterruptedError keeps its name.
 */
export function uncompared(error: unknown, signal: AbortSignal): SauvegardeError {
  if (error instanceof RestoreFailedError) return error; // it was compared, and differs
  const cause = endOf(error, signal);
  const { name, message } = reasonOf(cause);
  const words = `everything was restored, but it could not be compared with the backup: ${message}`;
  return errorFrom(name === 'InterruptedError' ? name : 'RestoreFailedError', words, { cause });
}
