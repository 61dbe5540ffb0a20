import { afterEach, beforeEach, vi } from 'vitest';

/**
 * Removes pauses from a file whose tests are about retries, not about their timing: the SDK and the catalogue draw each
 * pause at random, between nothing and some seconds, and here they always draw nothing.
 */
export function withoutBackOff(): void {
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
  afterEach(() => void vi.restoreAllMocks());
}
