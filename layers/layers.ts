import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type FolderName, folderNames } from '../core/programs/folders.ts';
import { readManifest } from '../core/programs/manifest.ts';
import { architectures } from './recipe/architecture.ts';
import { type BuildOptions, buildFolder, builtFolder, type Plan, resolveLock } from './recipe/build.ts';
import { RecipeError } from './recipe/errors.ts';
import { type Lock, type LockedPackage, lockSchema, recipeSchema } from './recipe/recipe.ts';

export { cacheFolder } from './cache-folder.ts';
export type { FolderName };

/** Names of the folders of programs that have recipes. */
export const layerNames: readonly FolderName[] = folderNames;

/**
 * Builds a folder of programs, or finds it in the cache. With packages that are `added`, it is made of the newest ones
 * of its suite: no lock knows them, and those that are locked may be too old for them.
 */
export async function buildLayer(name: FolderName, options: BuildOptions, added: readonly string[] = []): Promise<string> {
  const plan = await planOf(name);
  if (added.length === 0) return await buildFolder(plan, options);
  return await buildFolder({ name, recipe: { ...plan.recipe, added: [...added] } }, { ...options, mode: 'newest' });
}

/** Returns the bytes of all files of a built folder. */
export async function unpackedSize(folder: string): Promise<number> {
  return (await readManifest(folder)).files.reduce((sum, { size }) => sum + size, 0);
}

/** Lists the packages that a folder of programs was made of, or would be by its lock. */
export async function packagesOf(name: FolderName, where: Pick<BuildOptions, 'architecture' | 'cache'>): Promise<readonly LockedPackage[]> {
  const plan = await planOf(name);
  const built = await builtFolder(plan, { ...where, mode: 'newest' });
  return built === undefined ? (plan.lock?.[where.architecture] ?? []) : (await readManifest(built)).packages;
}

/** Writes today's versions into `lock.json`, for every architecture, and returns them. */
export async function relockLayer(name: FolderName, options: Omit<BuildOptions, 'mode' | 'architecture'>): Promise<Lock> {
  const plan = await planOf(name);
  const lock: Lock = { x64: [], arm64: [] };
  for (const architecture of architectures) lock[architecture] = await resolveLock(plan, { ...options, architecture });
  await writeFile(join(import.meta.dirname, name, 'lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
  plans.delete(name);
  return lock;
}

const plans = new Map<FolderName, Promise<Plan>>();

/** Reads a folder's recipe and lock, once in a process. */
export function planOf(name: FolderName): Promise<Plan> {
  const plan = plans.get(name) ?? readPlan(name);
  plans.set(name, plan);
  return plan;
}

async function readPlan(name: FolderName): Promise<Plan> {
  const recipe = await read(name, 'recipe.json', recipeSchema);
  const lock = await read(name, 'lock.json', lockSchema);
  if (recipe === undefined) throw new RecipeError(`layers/${name} has no recipe.json`);
  return { name, recipe, ...(lock && { lock }) };
}

async function read<Schema extends z.ZodType>(name: FolderName, file: string, schema: Schema): Promise<z.output<Schema> | undefined> {
  let text: string;
  try {
    text = await readFile(join(import.meta.dirname, name, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new RecipeError(`layers/${name}/${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
