import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '../../core/platform.ts';
import type { Architecture } from './architecture.ts';
import { fetchIndex } from './archive.ts';
import { assemble } from './assemble.ts';
import { withLibraries } from './dependencies.ts';
import type { Source } from './download.ts';
import { FileGoneError, RecipeError } from './errors.ts';
import { debianMirrors } from './mirrors.ts';
import { unpackAll } from './packages.ts';
import type { Lock, LockedPackage, Recipe } from './recipe.ts';
import { writeTree } from './tree.ts';
import { markUsed, removeUnused } from './unused.ts';

export interface BuildOptions {
  architecture: Architecture;
  /** Where downloads and built folders are kept; see `cacheFolder`. */
  cache: string;
  /**
   * `locked` builds what the lock says or fails: for what is deployed. `newest` takes the newest packages of the suite
   * when a locked one has left the mirrors, and says so: for this machine and for tests.
   */
  mode: 'locked' | 'newest';
  log: Pick<Log, 'info' | 'warn'>;
  signal: AbortSignal;
  /** Addresses of Debian's archive; those of this machine's apt unless given. */
  mirrors?: readonly string[];
  /** Seconds between attempts to download; see `Source`. */
  pauses?: readonly number[];
}

/** What a folder of programs is built from. Without a lock only the newest can be built. */
export interface Plan {
  name: string;
  recipe: Recipe;
  lock?: Lock;
}

/**
 * The built folder for a plan, from the cache when it is there. It is complete or absent; several processes may ask for
 * it at once.
 */
export async function buildFolder(plan: Plan, options: BuildOptions): Promise<string> {
  const { name, recipe, lock } = plan;
  const { architecture, cache, mode, log } = options;
  if (/[:;]/.test(cache)) throw new RecipeError(`${cache}: glibc's loader takes : and ; in a path for separators; choose another cache by SAUVEGARDE_CACHE`);
  const locked = lock?.[architecture];
  const folder = await folderOf(plan, options);
  const newestFolder = newestOf(folder);
  const built = await builtFolder(plan, options);
  if (built !== undefined) {
    await markUsed(built);
    return built;
  }
  const source = sourceOf(options);
  log.info(`building ${name} for ${architecture} from packages of Debian ${recipe.suite}, once; they are kept in ${cache}`);
  if (locked) {
    try {
      return await make(folder, plan, locked, options, source);
    } catch (error) {
      if (!(error instanceof FileGoneError)) throw error;
      if (mode === 'locked')
        throw new FileGoneError(`${name} cannot be built as locked: ${error.message}. "npm run layers -- --relock" locks the versions of today`, {
          cause: error,
        });
      log.warn(`${name}: ${error.message}; taking the newest of ${recipe.suite} ("npm run layers -- --relock" renews the lock)`);
    }
  } else if (mode === 'locked') throw new RecipeError(`${name} has no lock; "npm run layers -- --relock" makes one`);
  return await make(newestFolder, plan, await newestPackages(recipe, architecture, { ...source, log }), options, source);
}

/** Returns the built folder for a plan if it is in the cache. */
export async function builtFolder(plan: Plan, options: Pick<BuildOptions, 'architecture' | 'cache' | 'mode'>): Promise<string | undefined> {
  const folder = await folderOf(plan, options);
  return (options.mode === 'newest' ? [folder, newestOf(folder)] : [folder]).find((each) => existsSync(join(each, 'manifest.json')));
}

async function folderOf({ name, recipe, lock }: Plan, { architecture, cache }: Pick<BuildOptions, 'architecture' | 'cache'>): Promise<string> {
  return join(cache, 'layers', `${name}-${architecture}-${await keyOf(recipe, lock?.[architecture])}`);
}

function newestOf(folder: string): string {
  return `${folder}-newest`;
}

/** The packages of today that a folder would be made of, and nothing that it would not. */
export async function resolveLock({ name, recipe }: Plan, options: Omit<BuildOptions, 'mode'>): Promise<LockedPackage[]> {
  const { architecture, cache, log } = options;
  const source = sourceOf(options);
  const newest = await newestPackages(recipe, architecture, { ...source, log });
  return await inBuildingFolder(cache, async (building) => (await assemble(name, recipe, await unpackAll(newest, building, source), architecture)).used);
}

type CachedSource = Source & { cache: string };

function sourceOf({ cache, signal, mirrors = debianMirrors(), pauses }: Omit<BuildOptions, 'mode'>): CachedSource {
  return { cache, signal, mirrors, ...(pauses && { pauses }) };
}

async function newestPackages(
  recipe: Recipe,
  architecture: Architecture,
  { log, ...source }: CachedSource & Pick<BuildOptions, 'log'>,
): Promise<LockedPackage[]> {
  const index = await fetchIndex(recipe.suite, architecture, source);
  // a mirror that stands still offers old packages, but only ones that Debian signed: worth a word, not a stop
  if (index.validUntil && index.validUntil < new Date())
    log.warn(`the index of ${recipe.suite} was valid until ${index.validUntil.toISOString()}; the mirror may have stopped following`);
  return withLibraries(index, recipe).map(({ section: _, depends: __, ...locked }) => locked);
}

async function make(
  folder: string,
  { name, recipe }: Plan,
  packages: readonly LockedPackage[],
  { architecture, log }: BuildOptions,
  source: CachedSource,
): Promise<string> {
  const begun = performance.now();
  return await inBuildingFolder(source.cache, async (building) => {
    const megabytes = packages.reduce((sum, { size }) => sum + size, 0) / 1e6;
    log.info(`${name}: ${packages.length} packages, ${megabytes.toFixed(0)} MB, to fetch and unpack`);
    const unpacked = await unpackAll(packages, join(building, 'packages'), source, (count) =>
      log.info(`${name}: ${count} of ${packages.length} packages are unpacked`),
    );
    const { leaves, manifest } = await assemble(name, recipe, unpacked, architecture);
    source.signal.throwIfAborted();
    const tree = join(building, 'tree');
    await mkdir(tree);
    await writeTree(tree, leaves, (files) => ({
      path: 'manifest.json',
      content: { text: `${JSON.stringify(manifest(files), null, 2)}\n` },
      executable: false,
    }));
    try {
      await rename(tree, folder);
    } catch (error) {
      // another process was quicker; from the same packages it made the same
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    log.info(`${name} was built in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    await removeUnused(source.cache);
    return folder;
  });
}

/** Beside the built folders, so that a rename moves in one step. */
async function inBuildingFolder<T>(cache: string, work: (folder: string) => Promise<T>): Promise<T> {
  const parent = join(cache, 'layers');
  await openFolder(parent);
  const building = await mkdtemp(join(parent, '.building-'));
  try {
    return await work(building);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Whatever the umask says, others may enter what is made here: a server that root starts runs as somebody else. */
async function openFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
}

/** Changes with the recipe, with the lock and with the code that follows them. */
async function keyOf(recipe: Recipe, locked: LockedPackage[] | undefined): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([recipe, locked]));
  for (const name of (await readdir(import.meta.dirname)).sort()) hash.update(await readFile(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 16);
}
