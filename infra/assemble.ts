import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../core/config/config.ts';
import { ConfigurationError } from '../core/errors.ts';
import { addedPackages } from '../core/programs/added-packages.ts';
import type { FolderName } from '../core/programs/folders.ts';
import { buildLayer, cacheFolder, unpackedSize } from '../layers/layers.ts';
import type { Architecture } from '../layers/recipe/architecture.ts';
import { bundle, bundleBuilds } from './bundle.ts';
import { type Programs, programsFor } from './programs.ts';
import type { Assets } from './sauvegarde-props.ts';

const log = { info: (message: string) => console.error(message), warn: (message: string) => console.error(`warning: ${message}`) };

/**
 * Bytes that Lambda unpacks at most for a function and its layers (developer guide, "Lambda quotas"), less 2 MB for a
 * function of ours.
 */
const mostUnpacked = 248_000_000;

/**
 * Makes the folders that are deployed, in a new temporary folder: bundles for Node, and programs for the stack's
 * architecture by their locks. A first build reports its progress on stderr. A failure leaves nothing.
 */
export async function assemble(config: Config): Promise<{ folder: string; assets: Assets }> {
  const folder = await mkdtemp(join(tmpdir(), 'sauvegarde-'));
  try {
    return { folder, assets: await assembleIn(folder, config) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function assembleIn(folder: string, config: Config): Promise<Assets> {
  const bundles = Object.entries(await bundle(join(folder, 'functions'), config)).map(([name, each]) => [name, each.folder]);
  const programs = programsFor(config);
  const names = [...new Set([...programs.dump, ...Object.values(programs.provers).flat()])];
  const layers: Partial<Record<FolderName, string>> = {};
  for (const name of names) layers[name] = await layer(name, folder, { architecture: config.aws.architecture, added: addedPackages(config.databases, name) });
  await refuseTooLarge(programs, layers as Record<FolderName, string>);
  const made = await bundleBuilds(folder, config);
  const builds = { dump: made.dump.folder, prove: made.prove.folder };
  // a build has no layers
  const copy = (name: FolderName, into: string) => cp(layers[name] as string, into, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  for (const name of programs.dump) await copy(name, builds.dump);
  for (const name of new Set(Object.values(programs.provers).flat())) await copy(name, join(builds.prove, 'programs'));
  return {
    code: Object.fromEntries(bundles) as Assets['code'],
    builds,
    layers,
  };
}

/**
 * Wraps a folder of programs for Lambda, which unpacks all layers into `/opt`: each has its programs in a folder of its
 * own.
 */
async function layer(name: FolderName, folder: string, { architecture, added }: { architecture: Architecture; added: readonly string[] }): Promise<string> {
  const built = await buildLayer(name, { architecture, cache: cacheFolder(), mode: 'locked', log, signal: new AbortController().signal }, added);
  const wrapped = join(folder, 'layers', name);
  await mkdir(wrapped, { recursive: true });
  await cp(built, join(wrapped, name), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return wrapped;
}

/**
 * Throws ConfigurationError if a function's programs are more than Lambda unpacks, which packages that a configuration
 * adds can bring about.
 */
async function refuseTooLarge({ provers }: Programs<FolderName>, layers: Readonly<Record<FolderName, string>>): Promise<void> {
  for (const [prover, names = []] of Object.entries(provers)) {
    let size = 0;
    for (const name of names) size += await unpackedSize(join(layers[name], name));
    if (size > mostUnpacked)
      throw new ConfigurationError(
        `the programs of the function ${prover} take ${megabytes(size)}, and Lambda unpacks ${megabytes(mostUnpacked)} at most: name fewer packages in scratchServer, or deploy the database in a stack of its own`,
      );
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
