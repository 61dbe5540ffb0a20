import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { type Config, type ConfigInput, parseConfig } from '../../core/config/config.ts';
import { folderNames } from '../../core/programs/folders.ts';
import { functionNames } from '../../infra/constructs/functions.ts';
import { newApp } from '../../infra/new-app.ts';
import { SauvegardeStack } from '../../infra/stack.ts';
import { atEndOfFile } from './end-of-file.ts';

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties are as many shapes as there are types
  Properties: any;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
}

/** A configuration that AWS can run, with a place and a secret. Its databases need one function for proofs. */
export const deployable: ConfigInput = {
  timeZone: 'Europe/Paris',
  administrators: ['admin@example.org'],
  sender: 'sauvegarde@example.org',
  databases: {
    main: { engine: 'postgres', version: 18, connection: { secret: 'prod/main' }, place: 'private' },
    shop: {
      engine: 'postgres',
      version: 18,
      connection: { iam: { host: 'shop.cluster-x.eu-west-3.rds.amazonaws.com', user: 'backup', database: 'shop' } },
      schedule: '30 1 1 * 0',
      place: 'private',
    },
  },
  places: {
    private: {
      vpc: 'vpc-0123456789abcdef0',
      subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      securityGroups: ['sg-0123456789abcdef0'],
      routeTables: ['rtb-0123456789abcdef0'],
      cidrs: ['10.0.0.0/16'],
    },
  },
};

/** A place with a file system of EFS. */
export const filePlace = {
  vpc: 'vpc-0123456789abcdef2',
  subnets: ['subnet-0123456789abcdef7'],
  securityGroups: ['sg-0123456789abcdef7'],
  accessPoint: 'arn:aws:elasticfilesystem:eu-west-3:123456789012:access-point/fsap-0123456789abcdef0',
};

/** A target that AWS can restore into. */
export const targets = { staging: { engine: 'postgres', connection: { secret: 'prod/staging' }, place: 'private' } } as const;

/** The same databases, one of which AWS Backup backs up too. */
export const backedUp: ConfigInput['databases'] = {
  ...deployable.databases,
  main: { ...(deployable.databases.main as ConfigInput['databases'][string]), backedUpBy: 'arn:aws:rds:eu-west-3:123456789012:db:prod' },
};

export const configured = (changes: Partial<ConfigInput> = {}): Config => parseConfig({ ...deployable, ...changes }, 'the test');

/** Makes a folder for templates, which are made when a file is loaded as well as in tests. */
function folderOfThisFile(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  atEndOfFile(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes folders that stand for the bundles and the layers: a template shows only a digest of them. */
export function standInCode() {
  const folder = folderOfThisFile('stand-in-');
  const made = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(join(path, 'handler.mjs'), `export const handler = async () => '${name}';\n`);
    return path;
  };
  return {
    code: Object.fromEntries(functionNames.map((name) => [name, made(name)])) as Record<(typeof functionNames)[number], string>,
    builds: { dump: made('build'), prove: made('proof-build') },
    layers: Object.fromEntries(folderNames.map((name) => [name, made(name)])),
  };
}

/** Makes the stack in an app of its own; the folders are not copied, and what a template does not hold is not made. */
export function stackOf(config: Config, assets = standInCode(), outdir = folderOfThisFile('cdk-')): { app: App; stack: SauvegardeStack } {
  const app = newApp({ outdir, treeMetadata: false, stackTraces: false, context: { 'aws:cdk:disable-asset-staging': true } });
  return { app, stack: new SauvegardeStack(app, config.aws.stack, { config, assets }) };
}

/** Templates by their configurations: a template takes a third of a second, and a worker needs some of them often. */
const templates = new Map<string, string>();

/** Returns the template of a configuration, which the caller may change. */
export function templateOf(config: Config): Template {
  const key = JSON.stringify(config);
  let text = templates.get(key);
  if (text === undefined) {
    const { app, stack } = stackOf(config);
    text = JSON.stringify(app.synth().getStackByName(stack.stackName).template);
    templates.set(key, text);
  }
  return JSON.parse(text) as Template;
}
