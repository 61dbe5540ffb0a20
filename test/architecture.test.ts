import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** DESIGN.md, "The house": who may import whom. Node's own modules and the packages that package.json names are free to all. */
const mayImport: Record<string, string[]> = {
  core: [],
  layers: ['core'],
  functions: ['core', 'console'],
  console: ['core'],
  infra: ['core', 'layers'],
  local: ['core', 'console', 'layers'],
  cli: ['core', 'local'],
  docs: ['core'],
  test: ['core', 'functions', 'infra', 'layers', 'local', 'cli', 'console', 'docs'],
};
/** What infrastructure and code must agree on; `infra` imports no more of core. */
const agreed = [
  'aws/region',
  'config/config',
  'config/config-file',
  'config/copy-out-of-reach',
  'config/deployment',
  'errors',
  'metrics',
  'names',
  'policy/aws-limits',
  'time/schedule',
  'time/schedule-aws',
  'time/window',
  'catalogue/dynamodb/tables',
  'engines/cards',
  'programs/added-packages',
  'programs/folders',
  'programs/tools',
  'workflow/prover-table',
].map((name) => `core/${name}.ts`);
/** An adapter belongs to one home; only that home's platform may make one. */
const adapters = {
  'local/open-vault.ts': ['FolderVault', 'BucketVault'],
  'local/bucket-vault.ts': ['S3Vault'],
  'local/open-platform.ts': ['Webhooks', 'SqliteCatalogue', 'SmtpMailer', 'Outbox', 'LocalTools', 'LocalExecutions'],
  'functions/platform.ts': [
    'Webhooks',
    'S3Vault',
    'S3Links',
    'S3Replication',
    'DynamodbCatalogue',
    'SesMailer',
    'LayerTools',
    'StepFunctionsExecutions',
    'RotateFunction',
  ],
};
/** Where the SDK of AWS may be imported: by the adapters and by the module that makes their clients. Everything else must work, and be bundled, without it. */
const awsAdapters = ['core/aws/', 'core/vault/s3/vault.ts', 'core/vault/s3/', 'core/catalogue/dynamodb/', 'core/mail/ses.ts', 'core/mail/ses-identities.ts'];

/** The rooms of an engine whose databases are on a server; each may know those before it. */
const rooms = ['connect', 'script', 'adopt', 'dump', 'restore', 'prove'];
/** Engines, their products and their programs. */
const engineWords = /postgres|\bpg_|\bpsql\b|mysql|mariadb|sqlite/i;
/** Where something else than an engine is meant by such a word. */
const otherMeanings: [path: RegExp, words: RegExp, why: string][] = [
  [/^/, /node:sqlite/g, 'a module of Node'],
  [/^core\/catalogue\//, /sqlite/gi, 'the catalogue of one machine is stored so'],
  [/^local\/(open-platform|local-platform|doctor)\.ts$/, /SqliteCatalogue|catalogue\/sqlite\/|a SQLite file as catalogue/g, 'the catalogue of one machine'],
  [/^local\/doctor\.ts$/, /SQLite \$\{process\.versions\.sqlite\}/g, 'what is in Node, for the catalogue of one machine'],
  [/^local\/presence\.ts$/, /a small SQLite file|SQLITE_(BUSY|LOCKED)/g, 'a lock between processes'],
  [/^local\/demonstration\.ts$/, /demonstration\.sqlite3/g, 'the database that is made for those who have none to try it with'],
];

const root = resolve(import.meta.dirname, '..');
const { dependencies, optionalDependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'optionalDependencies' | 'devDependencies',
  Record<string, string>
>;

interface Source {
  path: string;
  text: string;
  imports: string[];
}

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => /\.(ts|js)$/.test(path))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, imports: importsOf(text) };
    });
}

/** What follows `from`, `import` and `import(`. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:^|[;}\s])(?:from|import)\s*\(?\s*['"]([^'"\s]+)['"]/gm)].map((match) => match[1] ?? '');
}

const folders = Object.keys(mayImport).filter((folder) => readdirSync(root).includes(folder));
const product = ['core', 'functions', 'infra', 'layers', 'local', 'cli', 'console'].flatMap(sourcesIn);

/** The files of ours that a source imports, from the root. */
function targetsOf({ path, imports }: Pick<Source, 'path' | 'imports'>): string[] {
  return imports.filter((name) => name.startsWith('.')).map((name) => relative(root, resolve(root, dirname(path), name)));
}

/** Test data holds imports of its own. */
const own = (source: Source) => (source.path.startsWith('test/') ? source.imports.filter((name) => name !== './nowhere.ts') : source.imports);

it('finds the sources and their imports', () => {
  expect(product.length).toBeGreaterThan(50);
  expect(
    importsOf(`import { a } from './a.ts';\nimport './b.ts';\nconst c = await import('./c.ts');\nexport * from "zod";\nimport type {\n  E,\n} from 'node:fs';`),
  ).toEqual(['./a.ts', './b.ts', './c.ts', 'zod', 'node:fs']);
});

describe.each(folders)('%s', (folder) => {
  it(`imports ${mayImport[folder]?.join(', ') || 'nobody'} besides itself`, () => {
    const strangers = sourcesIn(folder).flatMap((source) =>
      targetsOf({ ...source, imports: own(source) })
        .filter((target) => ![folder, ...(mayImport[folder] ?? [])].includes(target.split('/')[0] ?? ''))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(strangers).toEqual([]);
  });

  it('imports no package that package.json does not name, and Node only as node:', () => {
    const known = new Set([
      ...Object.keys(dependencies),
      ...(folder === 'test' ? ['sauvegarde'] : []),
      ...(['test', 'docs', 'infra'].includes(folder) ? Object.keys(devDependencies) : []),
    ]);
    const strangers = sourcesIn(folder).flatMap((source) =>
      own(source)
        .filter((name) => !name.startsWith('.') && !known.has(packageOf(name)))
        .filter(
          (name) =>
            !(name.startsWith('node:') && builtinModules.includes(name.replace(/^node:/, ''))) && !['node:sqlite', 'node:test', 'node:sea'].includes(name),
        )
        .map((name) => `${source.path} imports ${name}`),
    );
    expect(strangers).toEqual([]);
  });
});

it('names no dependency that nothing imports', () => {
  const used = new Set(product.flatMap(({ imports }) => imports.map(packageOf)));
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
  expect(Object.keys(optionalDependencies).every((name) => /^node-(linux|darwin)-(x64|arm64)$/.test(name))).toBe(true);
});

it.each(['core/names.ts', 'core/metrics.ts', 'core/policy/aws-limits.ts', 'core/catalogue/dynamodb/tables.ts'])(
  '%s, on which infrastructure and core agree, imports nothing',
  (agreement) => {
    expect(product.find(({ path }) => path === agreement)?.imports).toEqual([]);
  },
);

it('no file imports itself by way of others, not even a type', () => {
  const imported = new Map(product.map((source) => [source.path, targetsOf(source)]));
  expect(circleIn(imported)).toBeUndefined();
  expect(circleIn(new Map(Object.entries({ a: ['b', 'c'], b: ['c'], c: ['d'], d: ['b'] })))).toEqual(['b', 'c', 'd', 'b']);
});

it('at the root of core is only what every floor may know', () => {
  expect(readdirSync(join(root, 'core')).filter((name) => name.includes('.'))).toEqual(['errors.ts', 'figures.ts', 'metrics.ts', 'names.ts', 'platform.ts']);
});

describe.each(['postgres', 'mysql'])('the rooms of %s', (engine) => {
  const inside = product.filter(({ path }) => path.startsWith(`core/engines/${engine}/`));
  /** -1: outside of the rooms. */
  const floorOf = (path: string) => rooms.indexOf(path.startsWith(`core/engines/${engine}/`) ? (path.split('/')[3] ?? '') : '');

  it.each(rooms)('%s imports none that comes after it', (room) => {
    const sources = inside.filter(({ path }) => floorOf(path) === rooms.indexOf(room));
    expect(sources.length).toBeGreaterThan(0);
    const up = sources.flatMap((source) =>
      targetsOf(source)
        .filter((target) => floorOf(target) > floorOf(source.path))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(up).toEqual([]);
  });

  it('share only what knows no room', () => {
    const landing = inside.filter(({ path }) => floorOf(path) < 0);
    const knowing = landing.filter((source) => targetsOf(source).some((target) => floorOf(target) >= 0)).map(({ path }) => path);
    const back = inside.flatMap((source) => (floorOf(source.path) < 0 ? [] : targetsOf(source).filter((target) => knowing.includes(target))));
    expect(knowing).toContain(`core/engines/${engine}/engine.ts`);
    expect(back).toEqual([]);
  });
});

it('commands know a home alone, but for those that work with this machine itself', () => {
  const opening = product.filter(({ path, text }) => path.startsWith('cli/commands/') && /\bwithSession\(/.test(text)).map(({ path }) => basename(path, '.ts'));
  expect(opening.sort(), 'docs/decisions/0047').toEqual(['adopt', 'console', 'copy', 'doctor', 'key', 'local', 'open', 'restore', 'verify']);
});

it('layers/recipe imports of ours only how a built folder is described and started, and what a log is', () => {
  const imported = sourcesIn('layers/recipe').flatMap(targetsOf);
  const others = imported.filter((target) => !target.startsWith('layers/recipe/'));
  expect([...new Set(others)].sort()).toEqual(['core/platform.ts', 'core/programs/launcher.ts', 'core/programs/manifest.ts']);
});

it('infra imports of core only what is agreed on', () => {
  const imported = sourcesIn('infra').flatMap(targetsOf);
  expect([...new Set(imported)].filter((target) => target.startsWith('core/') && !agreed.includes(target))).toEqual([]);
});

it('only infra imports the CDK', () => {
  const strangers = product.filter(
    ({ path, imports }) => !path.startsWith('infra/') && imports.some((name) => /^(aws-cdk-lib|constructs|cdk-nag|esbuild)\b/.test(name)),
  );
  expect(strangers.map(({ path }) => path)).toEqual([]);
});

it('the SDK of AWS is imported only by the adapters of AWS, and its clients are made in core/aws', () => {
  const ofCore = product.filter(({ path }) => path.startsWith('core/'));
  const users = ofCore.filter(({ imports }) => imports.some((name) => name.startsWith('@aws-sdk/'))).map(({ path }) => path);
  expect(users.length).toBeGreaterThan(5);
  expect(users.filter((path) => !awsAdapters.some((place) => path.startsWith(place)))).toEqual([]);
  expect(product.filter(({ path, text }) => !path.startsWith('core/aws/') && /new \w+Client\(/.test(text)).map(({ path }) => path)).toEqual([]);
});

it('adapters are constructed only in the platform of their home', () => {
  const made = (names: string[]) =>
    product.flatMap(({ path, text }) => names.filter((name) => new RegExp(`new ${name}\\b`).test(text)).map((name) => `${path}: ${name}`)).sort();
  const allowed = Object.entries(adapters).flatMap(([path, names]) => names.map((name) => `${path}: ${name}`));
  expect(made([...new Set(Object.values(adapters).flat())])).toEqual(allowed.sort());
});

it('core/errors.ts is the only place where an error class of ours is named', () => {
  const named = product.filter(({ path, text }) => path !== 'core/errors.ts' && /class \w+ extends SauvegardeError/.test(text));
  expect(named.map(({ path }) => path)).toEqual([]);
});

describe('an engine', () => {
  const elsewhere = [...product, { path: 'core/workflow/backup.asl.json', text: readFileSync(join(root, 'core/workflow/backup.asl.json'), 'utf8') }].filter(
    ({ path }) => !/^(core\/engines|layers)\//.test(path),
  );

  it('is named in core/engines and in layers alone', () => {
    const named = elsewhere.flatMap(({ path, text }) => {
      const meanings = otherMeanings.filter(([where]) => where.test(path));
      const rest = meanings.reduce((left, [, words]) => left.replaceAll(words, ''), text);
      return rest.split('\n').flatMap((line, place) => (engineWords.test(line) ? [`${path}:${place + 1}: ${line.trim()}`] : []));
    });
    expect(named).toEqual([]);
    expect(elsewhere.filter(({ path }) => engineWords.test(path)).every(({ path }) => path.startsWith('core/catalogue/'))).toBe(true);
  });

  it.each(otherMeanings)('in %s %s stands for something else: %s', (where, words) => {
    expect(elsewhere.some(({ path, text }) => where.test(path) && text.match(words))).toBe(true);
  });

  const cards = product.filter(({ path }) => /^core\/engines\/\w+\/card\.ts$/.test(path));

  it('has a card in its folder, which is listed', () => {
    const { imports = [] } = product.find(({ path }) => path === 'core/engines/cards.ts') ?? {};
    expect(cards.length).toBeGreaterThan(2);
    expect(imports.map((name) => join('core/engines', name)).sort()).toEqual(cards.map(({ path }) => path).sort());
  });

  it.each(cards.map(({ path }) => path))('%s imports zod and schemas that import nothing else', (path) => {
    const packages = new Set<string>();
    const seen = new Set([path]);
    for (const file of seen)
      for (const name of product.find((source) => source.path === file)?.imports ?? ['nowhere'])
        if (name.startsWith('.')) seen.add(join(dirname(file), name));
        else packages.add(name);
    expect([...packages]).toEqual(['zod']);
  });
});

it('no file is a drawer for this and that', () => {
  const drawers = [...product, ...sourcesIn('test')].filter(({ path }) =>
    /^(utils?|helpers?|common|misc|shared|lib|manager|service-?manager)\b/.test(basename(path)),
  );
  expect(drawers.map(({ path }) => path)).toEqual([]);
});

it('no file has more than 300 lines: it would hold two ideas', () => {
  const long = product.filter(({ text }) => text.split('\n').length > 301);
  expect(long.map(({ path }) => path)).toEqual([]);
});

it('file names are kebab-case', () => {
  const odd = [...product, ...sourcesIn('test')].filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|asl|d))?\.(ts|js)$/.test(basename(path)));
  expect(odd.map(({ path }) => path)).toEqual([]);
});

/** The files of a circle of imports, the first of them again at the end; undefined when there is none. */
function circleIn(imported: ReadonlyMap<string, string[]>): string[] | undefined {
  const cleared = new Set<string>();
  const from = (path: string, way: string[]): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (cleared.has(path)) return undefined;
    for (const target of imported.get(path) ?? []) {
      const circle = from(target, [...way, path]);
      if (circle) return circle;
    }
    cleared.add(path);
    return undefined;
  };
  for (const path of imported.keys()) {
    const circle = from(path, []);
    if (circle) return circle;
  }
  return undefined;
}

/** `zod/mini` and `@scope/name/part` are parts of `zod` and `@scope/name`. */
function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}
