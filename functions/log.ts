import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../core/platform.ts';

/** Lines of JSON in the function's log group, each with the request's id and the run's. The event, its context and the environment are never written. */
export class FunctionLog implements Log {
  readonly #logger = new Logger({ serviceName: 'sauvegarde' });

  /** What every line of this invocation carries. */
  begin(keys: { function: string; request: string; run?: string }): void {
    this.#logger.resetKeys();
    this.#logger.appendKeys(keys);
  }

  info(message: string, fields: Record<string, unknown> = {}): void {
    this.#logger.info(message, fields);
  }

  warn(message: string, fields: Record<string, unknown> = {}): void {
    this.#logger.warn(message, fields);
  }

  error(message: string, fields: Record<string, unknown> = {}): void {
    this.#logger.error(message, fields);
  }

  /** Nobody watches a function; how far a step came is told when it ends. */
  progress(): void {}
}
