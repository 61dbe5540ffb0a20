import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ConfigInput, parseConfig } from '../../core/config/config.ts';
import { bundle, bundleBuilds, deployedText } from '../../infra/bundle.ts';
import { temporaryFolder } from './folder.ts';
import { sharedServer } from './servers.ts';

/** Everything that is built for a deployment. Only `config.json` differs between deployments. */
interface Bundles {
  /** Folder with a folder for each function. */
  functions: string;
  builds: Record<BuildName, string>;
  /** Code that Node has compiled from the build. */
  compiled: string;
}

export type BuildName = 'dump' | 'prove';

const compileCache = 'compiled';
const configFile = 'config.json';

/** Makes the bundles that all test files share. */
export async function makeBundles(): Promise<Bundles & AsyncDisposable> {
  const root = mkdtempSync(join(tmpdir(), 'sauvegarde-bundles-'));
  const made = {
    functions: join(root, 'functions'),
    builds: { dump: join(root, 'build'), prove: join(root, 'proof-build') },
    compiled: join(root, compileCache),
  };
  for (const folder of [made.functions, made.compiled, ...Object.values(made.builds)]) mkdirSync(folder);
  // of no deployment
  const config = parseConfig({ databases: { main: { engine: 'sqlite', file: 'any' } } }, 'the test');
  await Promise.all([bundle(made.functions, config), bundleBuilds(made.builds, config)]);
  return { ...made, [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true, force: true }) };
}

/**
 * Returns the bundles of the functions as a test deploys them, a folder for each. They are removed when the test has
 * finished.
 */
export async function functionsWith(input: ConfigInput): Promise<string> {
  const { functions } = await sharedServer<Bundles>('bundles');
  return linked(functions, input);
}

/** Returns the bundle of a build as a test deploys it. */
export async function buildWith(name: BuildName, input: ConfigInput): Promise<string> {
  const { builds, compiled } = await sharedServer<Bundles>('bundles');
  const folder = linked(builds[name], input);
  symlinkSync(compiled, join(folder, compileCache));
  return folder;
}

/**
 * Environment by which Node finds code compiled for another deployment: it looks by a file's path relative to the
 * cache.
 */
export function compiledIn(deployed: string): Record<string, string> {
  return { NODE_COMPILE_CACHE: join(deployed, compileCache), NODE_COMPILE_CACHE_PORTABLE: '1' };
}

/** Links to the same files, except for the configurations. */
function linked(built: string, input: ConfigInput): string {
  const text = deployedText(parseConfig(input, 'the test'));
  const folder = temporaryFolder();
  for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const from = join(entry.parentPath, entry.name);
    const to = from.replace(built, folder);
    mkdirSync(dirname(to), { recursive: true });
    if (entry.name === configFile) writeFileSync(to, text);
    else linkSync(from, to);
  }
  return folder;
}
