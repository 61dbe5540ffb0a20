import type { Command } from 'commander';
import { ConfigurationError } from '../../core/errors.ts';
import { type Finding, tried } from '../../core/operations/check.ts';
import type { CommonOptions } from '../context.ts';
import { report } from '../findings.ts';
import type { Stack, StackFunction } from '../homes/stack.ts';

export function registerSmoke(program: Command): void {
  program
    .command('smoke')
    .description('check a deployed stack from inside its functions: programs, each database with its secret, a scratch server, a dump and its proof')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  sauvegarde smoke --stack sauvegarde\n\nNothing is written to the vault or the catalogue. Exits with 1 when something is wrong.\n',
    )
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      if (options.stack === undefined)
        throw new ConfigurationError('smoke checks a stack on AWS; name it with --stack. "sauvegarde doctor" checks this machine');
      const { findStack } = await import('../homes/stack.ts');
      const stack = await findStack(options.stack);
      const [administer, dump, prove] = await Promise.all([
        catalogueOf(stack),
        checksOf(stack, 'dump', 'DumpFunction'),
        checksOf(stack, 'prove', 'ProveFunction'),
      ]);
      report([administer, ...dump, ...prove], options);
    });
}

async function catalogueOf(stack: Stack): Promise<Finding> {
  return tried('administer: catalogue', async () => `${((await stack.call('AdministerFunction', { action: 'list' })) as unknown[]).length} backups`);
}

/** What a function finds where it is; that it cannot be called or answers with an error is a finding too. */
async function checksOf(stack: Stack, name: string, output: StackFunction): Promise<Finding[]> {
  let findings: Finding[] = [];
  const called = await tried(`${name}: function`, async () => {
    findings = (await stack.call(output, { check: true })) as Finding[];
    return 'answers';
  });
  return [called, ...findings.map((finding) => ({ ...finding, check: `${name}: ${finding.check}` }))];
}
