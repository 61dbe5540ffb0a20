type Ending = () => unknown;
const endings: Ending[] = [];

/**
 * Has something done when the test file that runs now has ended. For modules that keep things for a file: they are
 * loaded once a worker, so a hook of their own would run after the first file alone.
 */
export function atEndOfFile(ending: Ending): void {
  endings.push(ending);
}

/** Does what was asked for, the latest first. */
export async function endFile(): Promise<void> {
  for (const ending of endings.splice(0).reverse()) await ending();
}
