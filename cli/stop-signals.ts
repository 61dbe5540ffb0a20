import { InterruptedError } from '../core/errors.ts';
import { endProcess } from './end-process.ts';
import { exit } from './exit.ts';

/**
 * Time, in milliseconds, within which two signals count as one: a terminal or a supervisor sends it to a launcher (npm,
 * cli/sauvegarde.js under an older Node) and to us, and the launcher passes it on.
 */
const oneSignalMs = 1000;

/**
 * Handles signals: the first one asks for a clean end; another one ends at once (the next start settles what is left).
 */
export function onStop(): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  let since = 0;
  const stop = () => {
    if (controller.signal.aborted) {
      if (performance.now() - since > oneSignalMs) endProcess(exit.stopped);
      return;
    }
    since = performance.now();
    controller.abort(new InterruptedError('stopped by a signal'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      // the same signal, passed on, may come until the end; Node's own end would let it kill us before that
      if (controller.signal.aborted) process.once('beforeExit', () => process.exit());
      else for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stop);
    },
  };
}
