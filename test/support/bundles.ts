import { chmodSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ConfigInput, parseConfig } from '../../core/config/config.ts';
import { type Bundle, bundle, bundleBuilds, deployedText } from '../../infra/bundle.ts';
import { writeFactory } from './bundle-factory.ts';
import { temporaryFolder } from './folder.ts';
import { sharedServer } from './servers.ts';

/** Everything that is built for a deployment. Only `config.json` differs between deployments. */
interface Bundles {
  /** Folder with a folder for each function. */
  functions: string;
  /** Folder with a folder for each function, in which `handler.mjs` is its factory. */
  factories: string;
  /** Bundle of each function, by its name. */
  ofFunctions: Record<string, Bundle>;
  builds: Awaited<ReturnType<typeof bundleBuilds>>;
  /** Code that Node has compiled from the build. */
  compiled: string;
  /** Folder for the programs of functions, empty at first. */
  layers: string;
}

export type BuildName = 'dump' | 'prove';

const compileCache = 'compiled';
const configFile = 'config.json';

/** A configuration of no deployment, in which a secret of one machine stands. */
export const bundledConfig = parseConfig(
  {
    databases: { main: { engine: 'postgres', connection: { secret: 'prod/main' }, keep: { last: 3, weekly: 2 } } },
    local: { mail: { smtp: 'smtps://user:hidden-password@mail.example.org' } },
  },
  'the test',
);

/** Makes the bundles that all test files share. */
export async function makeBundles(): Promise<Bundles & AsyncDisposable> {
  const root = mkdtempSync(join(tmpdir(), 'sauvegarde-bundles-'));
  const functions = join(root, 'functions');
  const factories = join(root, 'factories');
  const compiled = join(root, compileCache);
  const layers = join(root, 'opt');
  chmodSync(root, 0o755); // servers run as another user
  for (const folder of [functions, compiled, layers]) mkdirSync(folder);
  const [ofFunctions, builds] = await Promise.all([bundle(functions, bundledConfig), bundleBuilds(root, bundledConfig)]);
  for (const name of Object.keys(ofFunctions)) writeFactory(join(functions, name), join(factories, name));
  return { functions, factories, ofFunctions, builds, compiled, layers, [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true, force: true }) };
}

/** Returns the bundles that all test files share; their folders are not to be written. */
export async function sharedBundles(): Promise<Bundles> {
  return await sharedServer<Bundles>('bundles');
}

/**
 * Returns the bundles of the functions as a test deploys them, a folder for each. They are removed when the test has
 * finished.
 */
export async function functionsWith(input: ConfigInput): Promise<string> {
  return linked((await sharedBundles()).functions, input);
}

/** Returns the bundle of a build as a test deploys it. */
export async function buildWith(name: BuildName, input: ConfigInput): Promise<string> {
  const { builds, compiled } = await sharedBundles();
  const folder = linked(builds[name].folder, input);
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
