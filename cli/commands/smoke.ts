import type { Command } from 'commander';
import type { Stack, StackFunction, StackProject } from '../../core/aws/stack.ts';
import { all, type Page } from '../../core/catalogue/page.ts';
import { cardOf, deployedWith, engineNames, olderOf, type Prover, provers } from '../../core/engines/cards.ts';
import { ConfigurationError, InterruptedError } from '../../core/errors.ts';
import { counted } from '../../core/figures.ts';
import { outputOf } from '../../core/names.ts';
import { type Finding, tried } from '../../core/operations/orders/check.ts';
import { findingsOfBuild } from '../../core/operations/orders/check-on-build.ts';
import { type Programmed, programmedOf } from '../../core/programs/tools.ts';
import { secondsSince } from '../../core/time/elapsed.ts';
import { type CommonOptions, talk } from '../context.ts';
import { type Advice, report } from '../findings.ts';

/** Longest time of a build that checks, in minutes. */
const mostMinutes = 15;

/** Advice where the usual one is for a single machine. */
const advice: Advice = {
  ConfigurationError: 'Correct the setting that the message names: the secret, or sauvegarde.config.ts and then "npm run deploy".',
  SourceUnreachableError:
    'Check host and port in the secret or the configuration, that the security group of the database admits that of the place, and that the place and its subnets are the right ones (docs/deploy.md, "The place").',
  ToolMissingError: 'The function lacks a layer, or has an old one: "npm run deploy" builds and deploys them again.',
  ToolFailedError: 'See the log group of the function, and "Max Memory Used" there. "npm run deploy" deploys programs and functions again.',
  StorageFullError: 'The temporary folder of the function is full: its log group says what fills it.',
  OutOfTimeError:
    'The function was cut off. If the databases are in a VPC, nothing answers there: check its endpoints and security groups (docs/deploy.md, "The place").',
  MailRefusedError:
    'Confirm the address: AWS has sent a mail to it (look among the junk), and watch asks again every day. Otherwise see SES, "Identities" and "Suppression list" (docs/deploy.md, "Confirm two mails").',
  InterruptedError:
    'See the build in CodeBuild: its phases say where it ended. In a place it must reach S3 and CloudWatch Logs (docs/deploy.md, "The place"); the region and the account must have builds of this kind (docs/deploy.md, "Limits").',
  UnexpectedError: 'See the log group of the function.',
};

export function register(program: Command): void {
  program
    .command('smoke')
    .description(
      'check a deployed stack from inside its functions: programs, each database with its secret, a scratch server, a dump and its proof, the same on the larger compute, and a test to everybody who gets alerts',
    )
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  sauvegarde smoke --stack sauvegarde\n\nNothing is written to the vault or the catalogue. Everybody who gets mails, messages or alarms gets a test. The builds of the larger compute are started with your own rights, and take some minutes. Exits with 1 when something is wrong.\n',
    )
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      if (options.stack === undefined)
        throw new ConfigurationError('smoke checks a stack on AWS; name it with --stack. "sauvegarde doctor" checks this machine');
      const { findStack } = await import('../../core/aws/stack.ts');
      const stack = await findStack(options.stack);
      talk.info(`asking the functions and builds of ${options.stack}; its builds take some minutes`);
      const { products, provers } = carriedBy(stack);
      const placed = (['Dump', 'Restore'] as const).flatMap((kind) => inPlaces(stack, kind));
      const [administer, ...others] = await Promise.all([
        catalogueOf(stack),
        channelsOf(stack),
        ...placed.map(({ called, name }) => checksOf(stack, name, products, called)),
        ...provers.map((prover) =>
          checksOf(
            stack,
            prover,
            products.filter((product) => isProvenBy(product, prover)),
            outputOf(prover),
          ),
        ),
        ...placed.map(({ built, name }) => checksOfBuild(stack, name, products, built)),
        checksOfBuild(stack, 'prove', products, 'ProofBuild'),
      ]);
      report([administer, ...others.flat()], options, advice);
    });
}

async function catalogueOf(stack: Stack): Promise<Finding> {
  return tried('administer: catalogue', async () => {
    const backups = await all(async (page) => (await stack.call('AdministerFunction', { action: 'list', ...page })) as Page<unknown>);
    return counted(backups.length, 'backup');
  });
}

/** Returns findings about the ways of telling people. Each of these people gets a test. */
async function channelsOf(stack: Stack): Promise<Finding[]> {
  let findings: Finding[] = [];
  const called = await tried('watch: function', async () => {
    ({ findings } = (await stack.call('WatchFunction', { check: true })) as { findings: Finding[] });
    return 'answers';
  });
  return [called, ...findings.map((finding) => ({ ...finding, check: `watch: ${finding.check}` }))];
}

/** Returns the outputs of what dumps or restores, one for each place of databases or targets. */
function inPlaces(stack: Stack, kind: 'Dump' | 'Restore'): { name: 'dump' | 'restore'; called: StackFunction; built: StackProject }[] {
  const name = kind === 'Dump' ? 'dump' : 'restore';
  const of = (number: number | '') => ({ name, called: `${kind}Function${number}`, built: `${kind}Build${number}` }) as const;
  const found = kind === 'Dump' || stack.has(of('').called) ? [of('')] : [];
  for (let number = 2; stack.has(of(number).called); number++) found.push(of(number));
  return found;
}

/**
 * Returns the products whose programs a stack carries, and their provers. An engine is configured in a stack that has
 * all provers of its products.
 */
function carriedBy(stack: Stack): { products: Programmed[]; provers: Prover[] } {
  const configured = engineNames.filter((name) => cardOf(name).products.every(({ prover }) => stack.has(outputOf(prover))));
  const products = programmedOf(deployedWith(configured));
  const usual = new Set<Prover>(products.map(({ prover }) => prover));
  return {
    products,
    provers: provers.filter((prover) => usual.has(prover) || (stack.has(outputOf(prover)) && products.some((product) => isProvenBy(product, prover)))),
  };
}

function isProvenBy(product: Programmed, prover: Prover): boolean {
  return product.prover === prover || olderOf(product).some((each) => each.prover === prover);
}

/**
 * Returns a function's findings about its surroundings; if it cannot be called or answers with an error, that is a
 * finding too.
 */
async function checksOf(
  stack: Stack,
  name: 'dump' | 'restore' | Prover,
  products: Programmed[],
  output: StackFunction = outputOf(name as Prover),
): Promise<Finding[]> {
  let findings: Finding[] = [];
  const major = products.flatMap(olderOf).find(({ prover }) => prover === name)?.major;
  const called = await tried(`${name}: function`, async () => {
    findings = (await stack.call(output, { check: true, families: products.map(({ family }) => family), ...(major && { major }) })) as Finding[];
    return 'answers';
  });
  return [called, ...findings.map((finding) => ({ ...finding, check: `${name}: ${finding.check}` }))];
}

/**
 * Returns the findings of the larger compute about its surroundings; a build that does not end well is a finding too.
 */
async function checksOfBuild(stack: Stack, name: 'dump' | 'prove' | 'restore', products: Programmed[], output: StackProject): Promise<Finding[]> {
  let findings: Finding[] = [];
  const order = JSON.stringify({ check: true, families: products.map(({ family }) => family) });
  const begun = performance.now();
  const started = await tried(`${name} on CodeBuild: build`, async () => {
    const exported = await stack.build(output, { minutes: mostMinutes, variables: { SAUVEGARDE_CHECK: order, SAUVEGARDE_MINUTES: String(mostMinutes - 1) } });
    const found = await findingsOfBuild(exported);
    if (!found) throw new InterruptedError('the build ended without a result');
    findings = found;
    return `ran to its end (${secondsSince(begun)} s)`;
  });
  return [started, ...findings.map((finding) => ({ ...finding, check: `${name} on CodeBuild: ${finding.check}` }))];
}
