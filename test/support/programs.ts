import type { Launch } from '../../core/programs/launch.ts';
import { launcherOf } from '../../core/programs/launcher.ts';
import { readManifest } from '../../core/programs/manifest.ts';
import { buildLayer, cacheFolder } from '../../layers/layers.ts';
import type { Architecture } from '../../layers/recipe/architecture.ts';
import { ownArchitecture } from '../../layers/recipe/architecture.ts';
import { absenceOnNpm, launcherOnNpm, type NpmVersion } from './postgres-on-npm.ts';

/**
 * Longest time, in milliseconds, of the first test or hook that needs a server: its programs are fetched and built
 * once. Cached, it takes 1 s.
 */
export const coldStart = 300_000;

/** Versions of PostgreSQL that proofs use, and their folders. */
const folders = { 15: 'database-servers-15', 17: 'database-servers-17', 18: 'database-servers' } as const;
type BuiltVersion = keyof typeof folders;
export type ServerVersion = BuiltVersion | NpmVersion;
/** Versions that this machine can have. */
export const serverVersions: readonly ServerVersion[] = absenceOnNpm ? [15, 17, 18] : [15, 16, 17, 18];
/** Versions that the product does not promise, and that work. */
export const oldVersions: readonly ServerVersion[] = absenceOnNpm ? [] : [13, 14];

/** Options with which tests build programs: quietly, and the newest if a locked one is gone. */
export function buildOptions() {
  const architecture: Architecture | undefined = ownArchitecture();
  if (!architecture) throw new Error(`tests have no database programs for ${process.arch}`);
  return {
    architecture,
    cache: cacheFolder(),
    mode: 'newest',
    log: { info: () => undefined, warn: () => undefined },
    signal: AbortSignal.timeout(coldStart),
  } as const;
}

/** Returns the folder of pg_dump, psql and the like. */
export function toolsFolder(): Promise<string> {
  tools ??= buildLayer('database-tools', buildOptions());
  return tools;
}
let tools: Promise<string> | undefined;

/** Returns the folder of a server, as proofs use it. */
export async function serverFolder(version: BuiltVersion): Promise<string> {
  return await buildLayer(folders[version], buildOptions());
}

/** Returns the launcher of a server's programs. */
export async function serverLauncher(version: ServerVersion): Promise<(program: string) => Launch> {
  if (version in folders) return await launcher(await serverFolder(version as BuiltVersion));
  const { cache, signal } = buildOptions();
  return await launcherOnNpm(version as NpmVersion, cache, signal);
}

/** Returns the launcher of a built folder, whose name changes with its contents. */
export function launcher(folder: string): Promise<(program: string) => Launch> {
  const known = launchers.get(folder) ?? readManifest(folder).then((manifest) => launcherOf(folder, manifest));
  launchers.set(folder, known);
  return known;
}
const launchers = new Map<string, Promise<(program: string) => Launch>>();
