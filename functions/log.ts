import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../core/platform.ts';

/**
 * Writes lines of JSON into the function's log group, each with the id of the request and of the run. Never writes the
 * event, its context or the environment.
 */
export class FunctionLog implements Log {
  readonly #logger = new Logger({ serviceName: 'sauvegarde' });

  /** Sets the keys that every line of this invocation carries. */
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

  /** Does nothing: nobody watches a function, and it reports its figures at its end. */
  progress(): void {}
}
