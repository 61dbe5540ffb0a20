import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Template } from '../support/synthesized.ts';

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
/** No credentials, no region, and a proxy that is not there: whatever asked AWS would fail. */
const offline = {
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  ...(process.env.SAUVEGARDE_CACHE && { SAUVEGARDE_CACHE: process.env.SAUVEGARDE_CACHE }),
  ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** One is made before all tests of a group, so they go after all. */
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** `npm run synth` without npm: the same words, into a folder of the test. */
async function synth(config: string): Promise<{ folder: string; said: string; code: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'synth-'));
  folders.push(folder);
  const words = ['synth', '--quiet', '--output', folder, '-c', `config=${config}`];
  const ended = await run(process.execPath, [join(root, 'cli/with-node.js'), 'cdk', ...words], { cwd: root, env: offline, timeout: 240_000 }).then(
    ({ stdout, stderr }) => ({ said: stdout + stderr, code: 0 }),
    ({ stdout, stderr, code }: { stdout: string; stderr: string; code: number }) => ({ said: stdout + stderr, code }),
  );
  return { folder, ...ended };
}

describe('npm run synth', () => {
  let made: Awaited<ReturnType<typeof synth>>;
  // the layers for arm64 are built once, from Debian's mirrors: half a minute when the cache has none
  beforeAll(async () => {
    made = await synth('docs/examples/aws.config.ts');
  }, 300_000);

  it('is what package.json says', () => {
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.synth).toBe('node cli/with-node.js cdk synth --quiet');
  });

  it('makes the template of the documented example without an account, and says nothing', () => {
    const said = made.said.split('\n').filter((line) => line !== '' && !/^(building )?database-(tools|servers(-\d+)?)\b/.test(line)); // a first build does
    expect({ said, code: made.code }).toEqual({ said: [], code: 0 });
  });

  it('puts function and layers below the 250 MB that Lambda unpacks', () => {
    const template = JSON.parse(readFileSync(join(made.folder, 'sauvegarde.template.json'), 'utf8')) as Template;
    const { files } = JSON.parse(readFileSync(join(made.folder, 'sauvegarde.assets.json'), 'utf8')) as { files: Record<string, { source: { path: string } }> };
    const unpacked = (hash: string) => sizeOf(join(made.folder, files[hash.replace('.zip', '')]?.source.path ?? 'nowhere'));
    const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    for (const { Properties } of functions) {
      const layers: number[] = (Properties.Layers ?? []).map(({ Ref }: { Ref: string }) => unpacked(template.Resources[Ref]?.Properties.Content.S3Key));
      expect(layers.reduce((sum, size) => sum + size, unpacked(Properties.Code.S3Key))).toBeLessThan(250_000_000);
      expect(unpacked(Properties.Code.S3Key)).toBeGreaterThan(10_000);
    }
  });

  it.each([
    [
      'Functionsbuild',
      ['config.json', 'database-tools', 'main.mjs', 'main.mjs.map', 'node_modules', 'sqlite.mjs', 'sqlite.mjs.map'],
      ['database-tools/manifest.json'],
    ],
    [
      'FunctionsproofBuild',
      ['config.json', 'main.mjs', 'main.mjs.map', 'node_modules', 'programs', 'restore.mjs', 'restore.mjs.map', 'sqlite.mjs', 'sqlite.mjs.map'],
      ['database-servers', 'database-servers-17', 'database-tools'].map((name) => `programs/${name}/manifest.json`),
    ],
  ])('gives %s its program, its configuration and the tools', (id, content, programs) => {
    const template = JSON.parse(readFileSync(join(made.folder, 'sauvegarde.template.json'), 'utf8')) as Template;
    const { files } = JSON.parse(readFileSync(join(made.folder, 'sauvegarde.assets.json'), 'utf8')) as { files: Record<string, { source: { path: string } }> };
    const [, project] = Object.entries(template.Resources).find(([each, { Type }]) => Type === 'AWS::CodeBuild::Project' && each.startsWith(id)) ?? [];
    const hash = /\/([0-9a-f]{64})\.zip/.exec(JSON.stringify(project?.Properties.Source.Location))?.[1] ?? 'nowhere';
    const folder = join(made.folder, files[hash]?.source.path ?? 'nowhere');
    expect(readdirSync(folder).sort()).toEqual(content);
    for (const program of programs) expect(existsSync(join(folder, program))).toBe(true);
    expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isSymbolicLink())).toEqual([]); // a zip file may not keep them
  });

  it('has each layer in a folder of its own, so that all fit into /opt', () => {
    const folders = readdirSync(made.folder).filter((name) => name.startsWith('asset.'));
    expect(
      folders
        .flatMap((name) => readdirSync(join(made.folder, name)))
        .filter((name) => name.startsWith('database-'))
        .sort(),
    ).toEqual(['database-servers', 'database-servers-17', 'database-tools', 'database-tools']); // the build has its own
  });
});

it('the bucket of copies is made by itself, for another account; without one in the configuration that is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'synth-'));
  folders.push(folder);
  const copy = { account: '210987654321', region: 'eu-central-1', bucket: 'our-copies', from: '123456789012' };
  const config = { administrators: ['a@example.org'], sender: 's@example.org', databases: { main: { engine: 'postgres', connection: { secret: 's' } } } };
  const app = async (name: string, content: object) => {
    writeFileSync(join(folder, name), `export default ${JSON.stringify(content)};`);
    const env = { ...offline, CDK_OUTDIR: join(folder, 'out'), CDK_CONTEXT_JSON: JSON.stringify({ copy: 'true', config: join(folder, name) }) };
    return run(process.execPath, ['infra/app.ts'], { cwd: root, env }).then(
      ({ stderr }) => stderr,
      ({ stderr }: { stderr: string }) => stderr,
    );
  };
  expect(await app('none.mjs', config)).toMatch(/^aws\.copy: nothing was given, so there is no bucket to make/);
  expect(await app('copy.mjs', { ...config, aws: { copy } })).toBe('');
  const { artifacts } = JSON.parse(readFileSync(join(folder, 'out/manifest.json'), 'utf8')) as { artifacts: Record<string, { environment?: string }> };
  expect(artifacts['sauvegarde-copy']?.environment).toBe('aws://210987654321/eu-central-1');
  expect(artifacts).not.toHaveProperty('sauvegarde');
});

it('what AWS cannot do is said in plain words, and nothing else', async () => {
  const { code, said } = await synth('sauvegarde.config.ts');
  expect(code).not.toBe(0);
  expect(said).toMatch(/^this configuration cannot be deployed to AWS:\n {2}databases\.demo: a SQLite file is reached on AWS by an access point/);
  expect(said).not.toMatch(/\n\s+at /);
});

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
