import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Beginning of the names of everything that we put into the temporary folder itself. */
const ours = 'sauvegarde-';

/**
 * Returns the folder for temporary files. In Lambda a function has its temporary folder for itself, and keeps it when
 * its process was killed and a new one begins (Lambda developer guide, "Runtime environment lifecycle"): what the old
 * one left there is removed, and what others, such as extensions, have put there is not. Anywhere else nothing is
 * removed: other processes work in the same folder. `code` is the folder of the running code, `taskRoot` the one into
 * which Lambda unpacks a function.
 */
export function scratchFolder(temporary: string, { code, taskRoot }: { code: string; taskRoot: string | undefined }): string {
  if (code !== taskRoot) return temporary;
  for (const name of readdirSync(temporary)) if (name.startsWith(ours)) rmSync(join(temporary, name), { recursive: true, force: true });
  const folder = join(temporary, `${ours}scratch`);
  mkdirSync(folder, { mode: 0o755 });
  return folder;
}
