import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Returns true if every user may enter a folder and those above it. */
export async function canBeEntered(folder: string): Promise<boolean> {
  const above = dirname(folder);
  const { mode } = await stat(folder);
  return (mode & 0o001) !== 0 && (above === folder || (await canBeEntered(above)));
}
