import { waitsInVain } from '../local/answering-vault.ts';

/**
 * Ends this process. Node's own end waits for calls to the system; one that never ends would keep the process, so then
 * it is killed, and its status is that of SIGKILL.
 */
export function endProcess(status: number): never {
  if (waitsInVain()) process.kill(process.pid, 'SIGKILL');
  process.exit(status);
}
