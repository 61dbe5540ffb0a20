import { waitsInVain } from '../local/answering-vault.ts';

/**
 * Ends this process. `process.exit` waits for calls to the system, also for those that never end; then it is done by
 * what lies beneath it, as the package signal-exit does.
 */
export function endProcess(status: number): never {
  if (waitsInVain()) (process as typeof process & { reallyExit(status: number): never }).reallyExit(status);
  process.exit(status);
}
