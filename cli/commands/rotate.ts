import type { Command } from 'commander';
import { type CommonOptions, withHome } from '../context.ts';
import { local, print, printJson, table } from '../output.ts';

interface RotateOptions extends CommonOptions {
  dryRun?: boolean;
}

export function register(program: Command): void {
  program
    .command('rotate')
    .description('retire what the policy no longer keeps; it can be brought back during the days of grace')
    .argument('[database]', 'only of this database')
    .option('-n, --dry-run', 'only print the plan, with a reason for every backup')
    .option('--json', 'print the plan as JSON')
    .addHelpText('after', '\nExamples:\n  sauvegarde rotate --dry-run\n  sauvegarde rotate main\n')
    .action(async (database: string | undefined, _, command: Command) => {
      const options = command.optsWithGlobals<RotateOptions>();
      await withHome(options, async (home) => {
        const plan = await home.carryOut({ action: 'plan', database });
        const rotations = options.dryRun ? [] : await home.carryOut({ action: 'rotate', database });
        const retired = new Set(rotations.flatMap((rotation) => rotation.retired.map(({ backup }) => backup)));
        if (options.json) return printJson(plan);
        const rows = plan.map(({ backup, slot, keep, reason }) => [
          backup,
          local(slot, home.timeZone),
          keep || (!options.dryRun && !retired.has(backup)) ? 'keep' : options.dryRun ? 'retire' : 'retired',
          reason,
        ]);
        print(plan.length === 0 ? 'no backups yet' : table(['backup', `slot (${home.timeZone})`, 'plan', 'reason'], rows));
      });
    });
}
