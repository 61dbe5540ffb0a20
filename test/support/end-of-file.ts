import { vi } from 'vitest';

type Ending = () => unknown;
const endings: Ending[] = [];

/**
 * Has something done when the test file that runs now has ended. For modules that keep things for a file: they are
 * loaded once a worker, so a hook of their own would run after the first file alone.
 */
export function atEndOfFile(ending: Ending): void {
  endings.push(ending);
}

/** Environment of this worker, which every file finds. */
const environment = { ...process.env };

/** Does what was asked for, the latest first, and gives the environment back as it was before the first file. */
export async function endFile(): Promise<void> {
  for (const ending of endings.splice(0).reverse()) await ending();
  vi.unstubAllEnvs();
  // in place: libraries read variables from the process, not from this object
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}
