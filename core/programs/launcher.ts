import { join } from 'node:path';
import { ToolMissingError } from '../errors.ts';
import type { Launch } from './launch.ts';
import { type Manifest, readManifest } from './manifest.ts';

/** Returns the launch of a program in a built folder. */
export async function launchOf(folder: string, program: string): Promise<Launch> {
  return launcherOf(folder, await readManifest(folder))(program);
}

/** Returns a function that gives the launch of each program in a folder. */
export function launcherOf(folder: string, manifest: Manifest): (program: string) => Launch {
  return (program) => {
    const found = manifest.programs[program];
    if (!found) throw new ToolMissingError(`${folder} has no program ${program}; it has ${Object.keys(manifest.programs).join(', ')}`);
    const links = Object.fromEntries(Object.entries(manifest.links).map(([name, path]) => [name, join(folder, path)]));
    const loading = [...loaderOptions(join(folder, manifest.libraries), manifest.preload), '--argv0', join(folder, found.self), join(folder, found.file)];
    return {
      command: join(folder, manifest.loader),
      args: [...loading, ...found.arguments.map((word) => inFolder(folder, word))],
      env: Object.fromEntries(Object.entries(manifest.environment).map(([name, value]) => [name, inFolder(folder, value)])),
      links,
      ...(found.input !== undefined && { input: join(folder, found.input) }),
    };
  };
}

/** Fills in `{folder}` in a word of a recipe. */
export function inFolder(folder: string, word: string): string {
  return word.replaceAll('{folder}', folder);
}

/** Returns options that keep the loader from the machine's own libraries, whatever LD_LIBRARY_PATH says. */
export function loaderOptions(libraries: string, preload: readonly string[]): string[] {
  return ['--inhibit-cache', '--library-path', libraries, ...(preload.length > 0 ? ['--preload', preload.join(':')] : [])];
}
