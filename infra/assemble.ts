import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../core/config/config.ts';
import type { FolderName } from '../core/programs/folders.ts';
import { buildLayer, cacheFolder } from '../layers/layers.ts';
import type { Architecture } from '../layers/recipe/architecture.ts';
import { bundle, bundleBuilds } from './bundle.ts';
import { programsFor } from './programs.ts';
import { checkForAws } from './requirements.ts';
import type { SauvegardeStackProps } from './stack.ts';

const log = { info: (message: string) => console.error(message), warn: (message: string) => console.error(`warning: ${message}`) };

/**
 * Makes the folders that are deployed, in a temporary folder until it is disposed of: bundles for Node, and programs
 * for the stack's architecture by their locks. A first build reports its progress on stderr.
 */
export async function assemble(config: Config): Promise<Pick<SauvegardeStackProps, 'code' | 'builds' | 'layers'> & AsyncDisposable> {
  checkForAws(config); // before the work
  const folder = await mkdtemp(join(tmpdir(), 'sauvegarde-'));
  const bundles = Object.entries(await bundle(join(folder, 'functions'), config)).map(([name, each]) => [name, each.folder]);
  const programs = programsFor(config);
  const names = [...new Set([...programs.dump, ...Object.values(programs.provers).flat()])];
  const layers: Partial<Record<FolderName, string>> = {};
  for (const name of names) layers[name] = await layer(name, folder, config.aws.architecture);
  const builds = { dump: join(folder, 'build'), prove: join(folder, 'proof-build') };
  await bundleBuilds(builds, config);
  // a build has no layers
  const copy = (name: FolderName, into: string) => cp(layers[name] as string, into, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  for (const name of programs.dump) await copy(name, builds.dump);
  for (const name of new Set(Object.values(programs.provers).flat())) await copy(name, join(builds.prove, 'programs'));
  return {
    code: Object.fromEntries(bundles) as SauvegardeStackProps['code'],
    builds,
    layers,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * Wraps a folder of programs for Lambda, which unpacks all layers into `/opt`: each has its programs in a folder of its
 * own.
 */
async function layer(name: FolderName, folder: string, architecture: Architecture): Promise<string> {
  const built = await buildLayer(name, { architecture, cache: cacheFolder(), mode: 'locked', log, signal: new AbortController().signal });
  const wrapped = join(folder, 'layers', name);
  await mkdir(wrapped, { recursive: true });
  await cp(built, join(wrapped, name), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return wrapped;
}
