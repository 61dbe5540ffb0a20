import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfigFile } from '../../core/config/config-file.ts';
import { CopyStack } from '../../infra/copy-stack.ts';
import { newApp } from '../../infra/new-app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { configured, deployable, standInCode, templateOf } from '../support/synthesized.ts';
import { variedStacks } from '../support/varied-stacks.ts';
import { shop } from './foreign-app/app.ts';

/** Set to look at stacks of every kind in every region that cfn-lint knows, which takes minutes (CONTRIBUTING.md). */
const everywhere = process.env.SAUVEGARDE_LINT_EVERYWHERE !== undefined;

interface Finding {
  Rule: { Id: string };
  Message: string;
  /** Where it is: `Resources`, the logical id, and so on. */
  Location: { Path: string[] };
}

const run = promisify(execFile);

/** Returns what cfn-lint finds in a template in these regions. */
async function found(template: object, regions: readonly string[]): Promise<Finding[]> {
  const file = join(temporaryFolder(), 'template.json');
  writeFileSync(file, JSON.stringify(template));
  // W3005: the CDK names dependencies that a reference implies already
  const words = ['--format', 'json', '--ignore-checks', 'W3005', '--regions', ...regions, '--', file];
  const { stdout } = await run('cfn-lint', words, { maxBuffer: 100_000_000 }).catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Finding[];
}

/** Recognises that a region has no such resource, and returns its name. */
const regionWithout = ({ Rule, Message }: Finding) => (Rule.Id === 'E3006' ? /^Resource type '\S+' does not exist in '(\S+)'$/.exec(Message)?.[1] : undefined);

/** Logical ids of what is not ours in somebody's own app. */
const theirs = /^(Main|Orders|Vpc|Other|Notes|Reporting|Key|Heartbeat)/;

const copy = { account: '210987654321', region: 'eu-central-1', bucket: 'our-copies', from: '123456789012', lockDays: 90 };

/** Templates of every kind of stack. */
const kinds: [of: string, template: () => object | Promise<object>][] = [
  ['the documented example', async () => templateOf((await loadConfigFile('docs/examples/aws.config.ts')).config)],
  ...variedStacks.map(([of, changes]) => [of, () => templateOf(configured(changes))] as [string, () => object]),
  ['copies out of reach', () => templateOf(configured({ aws: { copy, atOnce: 5 } }))],
  [
    'the bucket of these copies',
    () => {
      const app = newApp({ outdir: temporaryFolder() });
      const stack = new CopyStack(app, 'copy', { copy });
      return app.synth().getStackByName(stack.stackName).template as object;
    },
  ],
  [
    "the construct in somebody's own app",
    () => {
      const app = new App({ outdir: temporaryFolder(), analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
      shop(app, standInCode());
      return app.synth().getStackByName('shop').template as object;
    },
  ],
];

describe('cfn-lint', () => {
  let isThere: boolean;
  beforeAll(async () => {
    isThere = await run('cfn-lint', ['--version']).then(
      () => true,
      () => false,
    );
    if (!isThere) console.warn('cfn-lint is not here (pip install cfn-lint): the templates were NOT linted');
  });

  it('finds nothing in four regions', async (context) => {
    if (!isThere) context.skip();
    expect(await found(templateOf(configured(deployable)), ['eu-west-3', 'us-east-1', 'ap-northeast-1', 'sa-east-1'])).toEqual([]);
  });

  it.runIf(everywhere).for(kinds)('finds nothing anywhere in %s but that a region lacks a service', { timeout: 900_000 }, async ([, template], context) => {
    if (!isThere) context.skip();
    const findings = (await found(await template(), ['ALL_REGIONS'])).filter(({ Location }) => !theirs.test(Location.Path[1] ?? ''));
    expect(findings.filter((finding) => regionWithout(finding) === undefined)).toEqual([]);
    const told = readFileSync('docs/deploy.md', 'utf8')
      .split('\n')
      .find((line) => line.startsWith('* Some regions lack a service'));
    for (const finding of findings) expect(told, finding.Message).toMatch(new RegExp(`\\b${regionWithout(finding)}\\b`));
  });
});
