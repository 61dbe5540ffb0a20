import { type Steps, stepsOf } from '../../local/workflow.ts';
import type { TestPlatform } from './platform.ts';

/** Returns the real steps, with an event before or after one of them. */
export function stepsWith(platform: TestPlatform, step: keyof Steps, happening: { before?: () => unknown; after?: () => unknown }): Steps {
  const steps = stepsOf(platform);
  return {
    ...steps,
    [step]: async (input: unknown, signal: AbortSignal) => {
      await happening.before?.();
      const result = await steps[step](input, signal);
      await happening.after?.();
      return result;
    },
  };
}
