import type { Command } from 'commander';
import { counted } from '../../core/figures.ts';
import { type CommonOptions, withHome } from '../context.ts';
import { print, printable, printJson } from '../output.ts';

interface SweepOptions extends CommonOptions {
  dryRun?: boolean;
}

export function register(program: Command): void {
  program
    .command('sweep')
    .description('clean up what no backup and no run owns; files that Sauvegarde does not know are never touched')
    .option('-n, --dry-run', 'only report what would be done')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sauvegarde sweep --dry-run\n  sauvegarde sweep\n\nIt runs by itself on Sundays at one o’clock (`sweep` in the configuration).\n',
    )
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<SweepOptions>();
      await withHome(options, async (home) => {
        const { corrected, forgotten, keys, missing, recorded, removed } = await home.sweep(options.dryRun ?? false);
        if (options.json) return printJson({ dryRun: options.dryRun ?? false, removed, retired: keys, recorded, corrected, missing, forgotten });
        const would = (done: string, wouldBe: string) => (options.dryRun ? wouldBe : done);
        const lines = [
          [removed, 'file', would('removed for good: unfinished writes, and retired files after the days of grace', 'would be removed for good'), []],
          [keys.length, 'file', would('without a backup retired', 'without a backup would be retired'), keys.map((key) => home.locate(key))],
          [recorded.length, 'backup', would('of the vault recorded', 'of the vault would be recorded'), recorded],
          [corrected.length, 'record', would('that contradicted the vault corrected', 'that contradict the vault would be corrected'), corrected],
          [missing.length, 'backup', would('marked as missing from the vault', 'would be marked as missing from the vault'), missing],
          [forgotten.length, 'record', would('of removed backups forgotten', 'of removed backups would be forgotten'), forgotten],
        ] as const;
        const said = lines
          .filter(([count]) => count > 0)
          .flatMap(([count, thing, what, names]) => [`${counted(count, thing)} ${what}`, ...names.map((name) => `  ${printable(name)}`)]);
        print(said.length === 0 ? 'nothing to clean up' : said.join('\n'));
      });
    });
}
